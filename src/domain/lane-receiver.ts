/**
 * The receiving end of lanes: takes the batches of each lane in order, without a hole. A batch whose
 * predecessor is not known here (this object restarted, or an earlier batch was lost) is not taken;
 * the sender then starts again from its oldest unsettled message.
 */
import type { LaneBatch } from "./lane.ts";

export class LaneReceiver {
  readonly #maxLanes: number;
  /** Next position of each lane, in order of last use. */
  readonly #next = new Map<string, number>();

  constructor(maxLanes: number) {
    this.#maxLanes = maxLanes;
  }

  /** Is this batch the next of its lane? If so its messages count as taken. */
  take(batch: Pick<LaneBatch, "lane" | "first" | "start"> & { messages: { length: number } }): boolean {
    if (!batch.start && this.#next.get(batch.lane) !== batch.first) return false;
    this.#next.delete(batch.lane);
    this.#next.set(batch.lane, batch.first + batch.messages.length);
    if (this.#next.size > this.#maxLanes) {
      const [oldest] = this.#next.keys();
      this.#next.delete(oldest!);
    }
    return true;
  }
}
