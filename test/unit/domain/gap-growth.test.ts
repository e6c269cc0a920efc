/** A connection is told of every gap, also where one that it was told of grows. */
import { expect, test } from "vitest";
import { Outbox } from "../../../src/domain/outbox.ts";
import { Sequence } from "../../../src/domain/sequence.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { INBOX_LIMITS, storedInbox, T } from "./stored-inbox.ts";

interface Frame {
  type?: number;
  payload?: { from_seq: number; to_seq: number };
}

test("messages that run out one after the other while the window is full are all announced", () => {
  const { inbox } = storedInbox({ ...INBOX_LIMITS, bytes: LIMITS.inboxBytes });
  const outbox = new Outbox(inbox, new Sequence(0, LIMITS.seqBlock, () => {}), { readSeq: 0, sharedTo: 0 });
  const frames: string[] = [];
  outbox.open(
    { id: "1", mode: "v1", openedAt: T, send: (frame) => frames.push(frame) > 0, heardAt: () => 0 },
    undefined,
    T,
  );
  const announced = () =>
    frames
      .flatMap((frame) => JSON.parse(frame) as Frame | Frame[])
      .filter(({ type }) => type === -7)
      .flatMap(({ payload }) => [payload!.from_seq, payload!.to_seq]);
  const send = (id: string, bytes: number, now: number, expiresAt: number) => {
    const tail = `"src_id":"a","timestamp":${now},"p":"${"x".repeat(bytes)}"}`;
    outbox.accept("a", [{ id, tail, expiresAt, volatile: false }], now);
    outbox.flush(now);
  };
  // One message fills the window; what comes after it is stored when its grace is over, and runs out there.
  send("large", LIMITS.windowBytes, T, 0);
  for (const [seq, at] of [
    [2, T + 10_000],
    [3, T + 20_000],
  ] as const) {
    send(`m${seq}`, 1, at, at + 5_000);
    outbox.expireGrace(at + LIMITS.ackGraceMs);
    outbox.flush(at + 6_000);
    expect(inbox.gaps).toMatchObject([{ from_seq: 2, to_seq: seq }]);
    expect(Math.max(...announced())).toBe(seq);
  }
});
