/** Messages as the outbox holds them, for the tests of its parts. */
import { Fate } from "../../../src/domain/fate.ts";
import type { Accepted } from "../../../src/domain/outbox.ts";
import type { InFlight } from "../../../src/domain/send-window.ts";

export function accepted(id: string, change: Partial<Accepted> = {}): Accepted {
  return {
    id,
    tail: `"id":"${id}"}`,
    expiresAt: 0,
    volatile: false,
    src: "a",
    acceptedAt: 0,
    fate: new Fate(),
    ...change,
  };
}

/** An entry of a send window; in memory unless a row is given. */
export function inFlight(seq: number, change: Partial<InFlight> = {}): InFlight {
  const message = change.row === undefined ? accepted(String(seq)) : undefined;
  return { seq, bytes: 10, src: "a", message, row: undefined, moved: false, ...change };
}
