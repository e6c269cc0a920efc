/** Counts of a load: what was sent, acked and received, judged as it goes, so that nothing has to be kept of each message. */

export interface Verdict {
  /** Sent, not refused, and never received. */
  lost: number;
  duplicates: number;
  /** Received after a later message of the same pair. */
  outOfOrder: number;
}

export class Tally {
  readonly #nodes: number;
  /** By pair: the number of the newest message that came. */
  readonly #newest: Int32Array;
  readonly #arrived: Uint8Array;
  readonly latenciesMs: Float64Array;
  sent = 0;
  acked = 0;
  stored = 0;
  refused = 0;
  received = 0;
  duplicates = 0;
  outOfOrder = 0;

  constructor(nodes: number, messages: number) {
    this.#nodes = nodes;
    this.#newest = new Int32Array(nodes * nodes).fill(-1);
    this.#arrived = new Uint8Array(messages);
    this.latenciesMs = new Float64Array(messages);
  }

  /** The numbers of a pair's messages grow in the order of sending. */
  receipt(status: string, latencyMs: number): void {
    this.latenciesMs[this.acked] = latencyMs;
    this.acked += 1;
    if (status === "stored") this.stored += 1;
  }

  arrival(from: number, to: number, number: number): void {
    if (this.#arrived[number] === 1) {
      this.duplicates += 1;
      return;
    }
    this.#arrived[number] = 1;
    this.received += 1;
    const pair = from * this.#nodes + to;
    if (number < (this.#newest[pair] as number)) this.outOfOrder += 1;
    else this.#newest[pair] = number;
  }

  /** Everything that was sent is accounted for. */
  get isComplete(): boolean {
    return this.acked + this.refused === this.sent && this.received + this.refused >= this.sent;
  }

  verdict(): Verdict {
    const { duplicates, outOfOrder } = this;
    return { lost: Math.max(0, this.sent - this.refused - this.received), duplicates, outOfOrder };
  }
}

/** The smallest value that so large a part of all values does not exceed; 0 of none. Sorts them. */
export function percentiles(values: Float64Array, parts: readonly number[]): number[] {
  values.sort();
  return parts.map((part) => values[Math.max(0, Math.ceil(values.length * part) - 1)] ?? 0);
}
