/**
 * Between the inbox and the wire: which stored messages are in flight on which connection, and where
 * draining goes on.
 *
 * Invariants:
 * - Everything in the inbox from #unsentFrom on is on no wire; below it, everything is in flight on a
 *   live connection or acked. So one number says where draining goes on.
 * - Seqs on one connection only grow. What has to go over a connection that has seen higher ones gets
 *   fresh seqs, together with all that is unsent, so that order holds.
 */
import { gapMessage, withSeq } from "../protocol/frames.ts";
import type { Inbox } from "./inbox.ts";
import type { StoredMessage } from "./inbox-row.ts";
import type { LaneStatus } from "./lane.ts";
import type { Accepted } from "./outbox.ts";
import type { HeldState, Outlet } from "./outlet.ts";
import type { Outlets } from "./outlets.ts";
import type { InFlight } from "./send-window.ts";
import type { Sequence } from "./sequence.ts";
import { orderOf } from "./stamp.ts";

type Settle = (message: Accepted, status: LaneStatus) => void;

export class Backlog {
  readonly #inbox: Inbox;
  readonly #sequence: Sequence;
  readonly #outlets: Outlets;
  readonly #settle: Settle;
  #unsentFrom = 1;
  #pending: boolean;
  /** Up to this seq messages in the inbox may have been on the wire of a connection that is gone. */
  #releasedTo: number;
  /** How many messages of an inbox row are in flight. */
  readonly #inFlight = new Map<number, number>();
  /**
   * Up to this seq an earlier life of this object, which ended without a word, may have had a message
   * on the wire of one of several connections: a client's cursor beyond it does not say that this client has it.
   */
  #uncertainTo: number;
  /** How far a live connection has been told of each gap, by the gap's first seq. */
  readonly #announced = new Map<number, number>();

  constructor(inbox: Inbox, sequence: Sequence, outlets: Outlets, uncertainTo: number, settle: Settle) {
    this.#inbox = inbox;
    this.#sequence = sequence;
    this.#outlets = outlets;
    this.#uncertainTo = uncertainTo;
    this.#releasedTo = sequence.last;
    this.#settle = settle;
    this.#pending = inbox.count > 0 || inbox.gaps.length > 0;
  }

  get uncertainTo(): number {
    return this.#uncertainTo;
  }

  /** The inbox may hold something that is on no wire. */
  get pending(): boolean {
    return this.#pending;
  }

  /** The seq after which everything lies that is not acked: a client that knows nothing may start from it. */
  get cursor(): number {
    let cursor = this.#pending ? Math.min(this.#unsentFrom - 1, this.#sequence.last) : this.#sequence.last;
    for (const { window } of this.#outlets.acking) cursor = Math.min(cursor, (window.first ?? Infinity) - 1);
    const [gap] = this.#inbox.gaps;
    return gap === undefined ? cursor : Math.min(cursor, gap.from_seq - 1);
  }

  /** Is this seq of the inbox still to be acked by anyone? Rows keep acked messages until all of them are. */
  isOpen(seq: number): boolean {
    return seq >= this.#unsentFrom || this.#outlets.acking.some((outlet) => outlet.window.holds(seq));
  }

  /** Writes messages that are on no wire behind everything else. */
  store(messages: readonly Accepted[], status: LaneStatus, now: number): void {
    this.#catchUpCursor();
    const rows = messages.map((message) => ({
      seq: this.#sequence.next(),
      expiresAt: message.expiresAt,
      tail: message.tail,
      push: message.push,
      collapse: collapseName(message),
    }));
    this.#inbox.append(rows, now, (seq) => seq >= this.#unsentFrom);
    this.#pending = true;
    for (const message of messages) this.#settle(message, status);
  }

  /** Writes what memory alone holds of these entries of one connection; they stay in flight. */
  storeInFlight(outlet: Outlet, entries: readonly InFlight[], status: LaneStatus, now: number): void {
    const inMemory = entries.filter((entry) => entry.message !== undefined);
    if (inMemory.length === 0) return;
    this.#catchUpCursor();
    const rowOf = this.#inbox.append(
      inMemory.map(({ seq, message }) => ({
        seq,
        expiresAt: message!.expiresAt,
        tail: message!.tail,
        push: message!.push,
        collapse: undefined,
      })),
      now,
      () => false,
    );
    for (const entry of inMemory) {
      entry.row = rowOf.get(entry.seq)!;
      this.#count(entry.row, 1);
      const key = collapseName(entry.message!);
      if (key !== undefined) this.#inbox.noteKey(key, entry.seq);
      this.#settle(entry.message!, status);
      entry.message = undefined;
    }
    outlet.heldChanged = true;
  }

  /** Puts what is unsent on the wire, as far as there is room. */
  drain(now: number): void {
    if (!this.#pending || this.#outlets.acking.length === 0) return;
    for (let next = this.#inbox.next(this.#unsentFrom); next !== undefined; next = this.#inbox.next(this.#unsentFrom)) {
      if (!this.#drainRow(next.row, next.messages, now)) return;
    }
    this.#pending = false;
    this.#tellGaps(this.#outlets.choose("", 0, now) ?? this.#outlets.acking[0]!, Infinity);
  }

  /** False where there is no more room. */
  #drainRow(row: number, messages: readonly StoredMessage[], now: number): boolean {
    for (const message of messages) {
      if (message.expiresAt !== 0 && message.expiresAt <= now) {
        this.#inbox.announce(message.seq, "ttl");
        this.#unsentFrom = message.seq + 1;
        continue;
      }
      const src = orderOf(message.tail);
      const outlet = this.#outlets.choose(src, message.tail.length, now);
      if (outlet === undefined) return false;
      if (message.seq <= outlet.window.sentHigh) {
        this.#renumber(message.seq, new Set());
        return true;
      }
      this.#tellGaps(outlet, message.seq);
      outlet.write(withSeq(message.seq, message.tail));
      const moved = message.seq <= this.#releasedTo;
      outlet.sent({ seq: message.seq, bytes: message.tail.length, src, message: undefined, row, moved }, now);
      outlet.heldChanged = true;
      this.#count(row, 1);
      this.#unsentFrom = message.seq + 1;
    }
    // All of it had run out.
    if (!this.#inFlight.has(row)) this.#inbox.deleteRow(row, this.#unsentFrom);
    return true;
  }

  /** Tells of the gaps that begin before a seq, once a connection. */
  #tellGaps(outlet: Outlet, before: number): void {
    for (const gap of this.#inbox.gaps) {
      const told = this.#announced.get(gap.from_seq) ?? gap.from_seq - 1;
      if (gap.from_seq >= before || told >= gap.to_seq) continue;
      this.#announced.set(gap.from_seq, gap.to_seq);
      outlet.toldGaps.set(gap.from_seq, gap.to_seq);
      outlet.write(gapMessage({ ...gap, from_seq: told + 1 }));
      outlet.window.sentHigh = Math.max(outlet.window.sentHigh, gap.to_seq);
      outlet.heldChanged = true;
    }
  }

  /** One message of a row was acked; the last one of it takes the row along. */
  rowAcked(row: number): void {
    this.#count(row, -1);
    if (this.#inFlight.has(row) || !this.#inbox.deleteRow(row, this.#unsentFrom)) return;
    for (const outlet of this.#outlets.acking) outlet.window.forgetRow(row);
  }

  /** A client has everything up to this seq, gaps included. */
  gapsAcked(outlet: Outlet, seq: number): void {
    this.#inbox.dropGapsUpTo(seq, (gap) => (outlet.toldGaps.get(gap.from_seq) ?? 0) >= gap.to_seq);
  }

  /** Removes what is on no wire up to this seq: the node says that it has it. */
  skipTo(seq: number): void {
    if (this.#inbox.count + this.#inbox.gaps.length === 0) return;
    this.#catchUpCursor();
    const held = this.#heldSeqs();
    this.#inbox.removeUpTo(seq, (candidate) => !held.has(candidate));
    this.#unsentFrom = Math.max(this.#unsentFrom, seq + 1);
    this.#recount();
  }

  /** A client resumes: as skipTo, but for what another connection of an earlier life may have carried. */
  resumeAt(seq: number): void {
    if (this.#uncertainTo === 0) return this.skipTo(seq);
    const held = this.#heldSeqs();
    this.#inbox.removeUpTo(seq, (candidate) => !held.has(candidate) && candidate > this.#uncertainTo);
    this.#recount();
  }

  /** The next connection to be drained to is told of all gaps, whoever was told before. */
  tellGapsAgain(): void {
    this.#announced.clear();
    if (this.#inbox.gaps.length > 0) this.#pending = true;
  }

  /** Takes what comes after a seq off the wire of a connection and puts it, in the inbox, ahead of what is unsent. */
  release(outlet: Outlet, after: number, status: LaneStatus, now: number): void {
    const entries = outlet.window.takeAfter(after);
    const [first] = entries;
    if (first === undefined) return;
    outlet.heldChanged = true;
    this.#catchUpCursor();
    this.storeInFlight(outlet, entries, status, now);
    const released = new Set(entries.map((entry) => entry.seq));
    this.#pending = true;
    if (this.#outlets.highBeside(outlet) >= first.seq) return this.#renumber(first.seq, released);
    const held = this.#heldSeqs();
    const unsentFrom = this.#unsentFrom;
    for (const row of new Set(entries.map((entry) => entry.row!))) {
      // Acked messages of a row that is not yet gone must not be sent again.
      this.#inbox.trim(row, (seq) => released.has(seq) || held.has(seq) || seq >= unsentFrom);
    }
    this.#unsentFrom = Math.min(unsentFrom, first.seq);
    this.#releasedTo = Math.max(this.#releasedTo, entries.at(-1)!.seq);
    this.#recount();
  }

  /** After hibernation: this is what was on the wires of the connections that are still open. */
  restore(held: readonly { outlet: Outlet; state: HeldState }[]): void {
    const known = new Set<number>();
    for (const { outlet, state } of held) {
      for (const [from, to] of state.runs) this.#restoreRun(outlet, from, to, state.acked, known);
      for (const gap of this.#inbox.gaps) {
        if (gap.to_seq > state.high) continue;
        this.#announced.set(gap.from_seq, gap.to_seq);
        outlet.toldGaps.set(gap.from_seq, gap.to_seq);
      }
    }
    // The rest below was on the wire of a connection whose end it is that woke this object.
    const unsentFrom = this.#unsentFrom;
    const lost = new Set<number>();
    for (const messages of this.#inbox.scan(0, "asc")) {
      if (messages[0]!.seq >= unsentFrom) break;
      for (const { seq } of messages) {
        if (seq < unsentFrom && !known.has(seq) && !this.#inbox.isDropped(seq)) lost.add(seq);
      }
    }
    const [first] = lost;
    if (first !== undefined) this.#renumber(first, lost);
  }

  #restoreRun(outlet: Outlet, from: number, to: number, acked: number, known: Set<number>): void {
    for (const messages of this.#inbox.scan(from, "asc")) {
      const row = messages[0]!.seq;
      if (row > to) break;
      for (const { seq, tail } of messages) {
        if (seq < from || seq > to) continue;
        known.add(seq);
        const entry = { seq, bytes: tail.length, src: orderOf(tail), message: undefined, row, moved: true };
        if (seq <= acked) outlet.window.restoreAcked(entry);
        else {
          outlet.window.add(entry);
          this.#count(row, 1);
        }
      }
    }
    this.#unsentFrom = Math.max(this.#unsentFrom, to + 1);
  }

  /** A connection closed of which this life knew nothing: what its client had acked must not be sent again. */
  forgetAcked({ runs, acked }: HeldState): void {
    const unsentFrom = this.#unsentFrom;
    const gone = (seq: number) => seq >= unsentFrom && seq <= acked && runs.some(([a, b]) => seq >= a && seq <= b);
    this.#inbox.removeUpTo(acked, gone);
  }

  /** Gives fresh seqs to what was released and to all that is unsent. */
  #renumber(from: number, released: ReadonlySet<number>): void {
    const held = this.#heldSeqs();
    const unsentFrom = this.#unsentFrom;
    const first = this.#inbox.renumber(
      from,
      (seq) => (seq >= unsentFrom || released.has(seq) ? "moves" : held.has(seq) ? "stays" : "gone"),
      this.#sequence.next,
    );
    this.#unsentFrom = first ?? this.#sequence.last + 1;
    // No client's cursor lies beyond the fresh seqs.
    this.#uncertainTo = 0;
    this.#recount();
  }

  /** With nothing pending, all that the inbox holds is on the wire, sent directly since the last drain perhaps. */
  #catchUpCursor(): void {
    if (!this.#pending) this.#unsentFrom = this.#sequence.last + 1;
  }

  /** Inbox seqs that are on a wire. */
  #heldSeqs(): Set<number> {
    const held = new Set<number>();
    for (const outlet of this.#outlets.acking) {
      for (const entry of outlet.window.entries()) if (entry.row !== undefined) held.add(entry.seq);
    }
    return held;
  }

  #count(row: number, change: number): void {
    const count = (this.#inFlight.get(row) ?? 0) + change;
    if (count > 0) this.#inFlight.set(row, count);
    else this.#inFlight.delete(row);
  }

  /** Rows were rewritten: the entries in flight may stand in others now. */
  #recount(): void {
    this.#inFlight.clear();
    for (const outlet of this.#outlets.acking) {
      outlet.window.refreshAcked((seq) => this.#inbox.rowOf(seq));
      for (const entry of outlet.window.entries()) {
        if (entry.row === undefined) continue;
        entry.row = this.#inbox.rowOf(entry.seq) ?? entry.row;
        this.#count(entry.row, 1);
      }
    }
  }
}

/** With the same name, a newer message takes the place of an older one. */
function collapseName({ src, collapseKey }: Accepted): string | undefined {
  return collapseKey === undefined ? undefined : `${src}\u0000${collapseKey}`;
}
