/**
 * What is on the wire of one acking connection and not yet acked, oldest first. Seqs on one
 * connection only grow, so a cumulative ack takes from the front.
 */
import { Deque } from "./deque.ts";
import type { Accepted } from "./outbox.ts";

export interface InFlight {
  seq: number;
  /** Characters. */
  bytes: number;
  /** Who sent it, so that more from there follows on the same connection. */
  src: string;
  /** The message, where memory holds the only copy; undefined where the inbox holds it. */
  message: Accepted | undefined;
  /** The inbox row, where the inbox holds it. */
  row: number | undefined;
  /** It was on the wire of another connection before. */
  moved: boolean;
}

export interface WindowLimits {
  messages: number;
  bytes: number;
}

export class SendWindow {
  readonly #limits: WindowLimits;
  readonly #flight = new Deque<InFlight>();
  #bytes = 0;
  /** Acked messages whose inbox row still stands, because others of it are unacked; oldest first. */
  #ackedOfRows: InFlight[] = [];
  /** Highest seq that this connection has been sent, or claimed to have when it resumed. */
  sentHigh: number;
  /** The last ack. */
  ackedTo: number;

  constructor(limits: WindowLimits, resumedAt: number) {
    this.#limits = limits;
    this.sentHigh = resumedAt;
    this.ackedTo = resumedAt;
  }

  get unacked(): number {
    return this.#flight.size;
  }

  /** The oldest seq in flight. */
  get first(): number | undefined {
    return this.#flight.peek()?.seq;
  }

  /** Is there room for another message? One that is larger than the whole window may go alone. */
  hasRoom(bytes: number): boolean {
    if (this.#flight.size === 0) return true;
    return this.#flight.size < this.#limits.messages && this.#bytes + bytes <= this.#limits.bytes;
  }

  add(entry: InFlight): void {
    this.#flight.push(entry);
    this.#bytes += entry.bytes;
    if (entry.seq > this.sentHigh) this.sentHigh = entry.seq;
  }

  /** Takes out what a cumulative ack covers. */
  ack(seq: number): InFlight[] {
    const acked: InFlight[] = [];
    for (let entry = this.#flight.peek(); entry !== undefined && entry.seq <= seq; entry = this.#flight.peek()) {
      this.#flight.shift();
      this.#bytes -= entry.bytes;
      acked.push(entry);
    }
    for (const entry of acked) if (entry.row !== undefined) this.#ackedOfRows.push(entry);
    // What was never sent cannot be acked: a wild number must not look like the place where a client left off.
    this.ackedTo = Math.max(this.ackedTo, Math.min(seq, this.sentHigh));
    return acked;
  }

  /** Takes out everything after a seq, oldest first. */
  takeAfter(seq: number): InFlight[] {
    const all = this.#flight.drain();
    const taken = all.filter((entry) => entry.seq > seq);
    for (const entry of all) if (entry.seq <= seq) this.#flight.push(entry);
    for (const entry of taken) this.#bytes -= entry.bytes;
    return taken;
  }

  /**
   * Is this seq where the client of this connection left off? "surely" where no other connection was
   * sent it, "perhaps" where one was.
   */
  leftOffAt(seq: number): "surely" | "perhaps" | "no" {
    if (seq === this.ackedTo) return "surely";
    for (const entry of this.#flight) if (entry.seq === seq) return entry.moved ? "perhaps" : "surely";
    return "no";
  }

  entries(): InFlight[] {
    return [...this.#flight];
  }

  /** The oldest message that memory alone holds. */
  oldestInMemory(): Accepted | undefined {
    for (const entry of this.#flight) if (entry.message !== undefined) return entry.message;
    return undefined;
  }

  /** Does anything from this source wait for an ack here? */
  carries(src: string): boolean {
    for (const entry of this.#flight) if (entry.src === src) return true;
    return false;
  }

  holds(seq: number): boolean {
    for (const entry of this.#flight) if (entry.seq === seq) return true;
    return false;
  }

  /** An inbox row is gone. */
  forgetRow(row: number): void {
    this.#ackedOfRows = this.#ackedOfRows.filter((entry) => entry.row !== row);
  }

  /** Rows were rewritten: acked messages that went along are forgotten. */
  refreshAcked(rowOf: (seq: number) => number | undefined): void {
    this.#ackedOfRows = this.#ackedOfRows.flatMap((entry) => {
      const row = rowOf(entry.seq);
      return row === undefined ? [] : [{ ...entry, row }];
    });
  }

  /** After hibernation: this message of a row that still stands was acked here. */
  restoreAcked(entry: InFlight): void {
    this.#ackedOfRows.push(entry);
  }

  /** Seqs of the inbox that were sent here, acked or not, as runs `[from, to]` of consecutive numbers. */
  sentRuns(): [number, number][] {
    const runs: [number, number][] = [];
    for (const { seq, row } of [...this.#ackedOfRows, ...this.#flight]) {
      if (row === undefined) continue;
      const last = runs.at(-1);
      if (last !== undefined && last[1] + 1 === seq) last[1] = seq;
      else runs.push([seq, seq]);
    }
    return runs;
  }
}
