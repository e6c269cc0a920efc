/** The connections of a node, and which of them a message takes. */
import { LIMITS } from "../protocol/limits.ts";
import type { HeldState, Outlet } from "./outlet.ts";

export class Outlets {
  readonly #byId = new Map<string, Outlet>();
  #acking: Outlet[] = [];

  get size(): number {
    return this.#byId.size;
  }

  /** Those that ack (v1), oldest first. */
  get acking(): readonly Outlet[] {
    return this.#acking;
  }

  get(id: string): Outlet | undefined {
    return this.#byId.get(id);
  }

  add(outlet: Outlet): void {
    this.#byId.set(outlet.link.id, outlet);
    this.#list();
  }

  delete(id: string): void {
    this.#byId.delete(id);
    this.#list();
  }

  [Symbol.iterator](): Iterator<Outlet> {
    return this.#byId.values();
  }

  /**
   * The connection for a message of so many characters: the one that still carries something of the
   * same source, so that order holds; else the acking one with the fewest unacked, silent ones last;
   * the newest classic one only where none acks. Undefined where there is none, or no room on it yet.
   */
  choose(src: string, bytes: number, now: number): Outlet | undefined {
    let best = this.#acking[0];
    if (best === undefined) {
      const newest = [...this.#byId.values()].at(-1);
      return newest?.takesUnacked(bytes) ? newest : undefined;
    }
    if (this.#acking.length > 1) {
      best =
        this.#acking.find((outlet) => outlet.window.carries(src)) ??
        this.#acking.reduce((least, outlet) => (load(outlet, now) < load(least, now) ? outlet : least));
    }
    return best.window.hasRoom(bytes) ? best : undefined;
  }

  /**
   * Connections that are silent while another one is heard of: what they hold is for that other one. Answers them with
   * the time from which they are (ms), which may lie ahead.
   */
  neglected(): { outlet: Outlet; at: number }[] {
    if (this.#acking.length < 2) return [];
    return this.#acking.flatMap((outlet) => {
      const at = outlet.silentAt;
      if (at === undefined) return [];
      return this.#acking.some((other) => other !== outlet && other.isHeardBeside(outlet)) ? [{ outlet, at }] : [];
    });
  }

  /** Highest seq that any acking connection but this one has been sent, closed ones included that were open beside it. */
  highBeside(outlet: Outlet): number {
    let high = outlet.othersHigh;
    for (const other of this.#acking)
      if (other !== outlet && other.window.sentHigh > high) high = other.window.sentHigh;
    return high;
  }

  /** The state of those whose state changed since the last call. */
  takeHeldChanges(): { linkId: string; held: HeldState }[] {
    const changed = [...this.#byId.values()].filter((outlet) => outlet.heldChanged);
    for (const outlet of changed) outlet.heldChanged = false;
    return changed.map((outlet) => ({ linkId: outlet.link.id, held: outlet.held }));
  }

  #list(): void {
    this.#acking = [...this.#byId.values()].filter((outlet) => outlet.acks);
  }
}

function load(outlet: Outlet, now: number): number {
  return outlet.window.unacked + (outlet.isSilent(now) ? LIMITS.windowMessages * 2 : 0);
}
