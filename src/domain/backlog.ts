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
import type { Outlet } from "./outlet.ts";
import type { Outlets } from "./outlets.ts";
import type { InFlight } from "./send-window.ts";
import type { Sequence } from "./sequence.ts";
import { stampedSource } from "./stamp.ts";

type Settle = (message: Accepted, status: LaneStatus) => void;

export class Backlog {
  readonly #inbox: Inbox;
  readonly #sequence: Sequence;
  readonly #outlets: Outlets;
  readonly #settle: Settle;
  #unsentFrom = 1;
  #pending: boolean;
  /** How many messages of an inbox row are in flight. */
  readonly #inFlight = new Map<number, number>();
  /** First seqs of the gaps that a live connection has been told of. */
  readonly #announced = new Set<number>();

  constructor(inbox: Inbox, sequence: Sequence, outlets: Outlets, settle: Settle) {
    this.#inbox = inbox;
    this.#sequence = sequence;
    this.#outlets = outlets;
    this.#settle = settle;
    this.#pending = inbox.count > 0 || inbox.gaps.length > 0;
  }

  /** The inbox may hold something that is on no wire. */
  get pending(): boolean {
    return this.#pending;
  }

  /** The seq after which a connection that opens now gets everything. */
  get cursor(): number {
    return this.#pending ? Math.min(this.#unsentFrom - 1, this.#sequence.last) : this.#sequence.last;
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
      collapse: message.collapseKey === undefined ? undefined : `${message.src}\u0000${message.collapseKey}`,
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
        collapse: undefined,
      })),
      now,
      () => false,
      this.#outlets.acking.length > 1,
    );
    for (const entry of inMemory) {
      entry.row = rowOf.get(entry.seq)!;
      this.#count(entry.row, 1);
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
    this.#tellGaps(this.#outlets.choose("", 0) ?? this.#outlets.acking[0]!, Infinity);
  }

  /** False where there is no more room. */
  #drainRow(row: number, messages: readonly StoredMessage[], now: number): boolean {
    for (const message of messages) {
      if (message.expiresAt !== 0 && message.expiresAt <= now) {
        this.#inbox.announce(message.seq, "ttl");
        this.#unsentFrom = message.seq + 1;
        continue;
      }
      const src = stampedSource(message.tail);
      const outlet = this.#outlets.choose(src, message.tail.length);
      if (outlet === undefined) return false;
      if (message.seq <= outlet.window.sentHigh) {
        this.#renumber(message.seq, new Set(), now);
        return true;
      }
      this.#tellGaps(outlet, message.seq);
      outlet.write(withSeq(message.seq, message.tail));
      outlet.window.add({ seq: message.seq, bytes: message.tail.length, src, message: undefined, row });
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
      if (gap.from_seq >= before || this.#announced.has(gap.from_seq)) continue;
      this.#announced.add(gap.from_seq);
      outlet.write(gapMessage(gap));
      outlet.window.sentHigh = Math.max(outlet.window.sentHigh, gap.to_seq);
    }
  }

  /** One message of a row was acked; the last one of it takes the row along. */
  rowAcked(row: number): void {
    this.#count(row, -1);
    if (!this.#inFlight.has(row)) this.#inbox.deleteRow(row, this.#unsentFrom);
  }

  /** A client has everything up to this seq, gaps included. */
  gapsAcked(seq: number): void {
    this.#inbox.dropGapsUpTo(seq);
  }

  /** Removes what is on no wire up to this seq: the node says that it has it. */
  skipTo(seq: number): void {
    if (this.#inbox.count + this.#inbox.gaps.length === 0) return;
    this.#catchUpCursor();
    const held = this.#heldSeqs();
    this.#inbox.removeUpTo(seq, (candidate) => !held.has(candidate));
    this.#unsentFrom = Math.max(this.#unsentFrom, seq + 1);
  }

  /** The next connection to be drained to is told of all gaps, whoever was told before. */
  tellGapsAgain(): void {
    this.#announced.clear();
    if (this.#inbox.gaps.length > 0) this.#pending = true;
  }

  /** Takes everything off the wire of a connection and puts it, in the inbox, ahead of what is unsent. */
  release(outlet: Outlet, status: LaneStatus, now: number): void {
    const entries = outlet.window.drain();
    const [first] = entries;
    if (first === undefined) return;
    outlet.heldChanged = true;
    this.#catchUpCursor();
    this.storeInFlight(outlet, entries, status, now);
    const released = new Set(entries.map((entry) => entry.seq));
    this.#pending = true;
    if (this.#outlets.highBeside(outlet) >= first.seq) return this.#renumber(first.seq, released, now);
    const held = this.#heldSeqs();
    const unsentFrom = this.#unsentFrom;
    for (const row of new Set(entries.map((entry) => entry.row!))) {
      // Acked messages of a row that is not yet gone must not be sent again.
      this.#inbox.trim(row, (seq) => released.has(seq) || held.has(seq) || seq >= unsentFrom);
    }
    this.#unsentFrom = Math.min(unsentFrom, first.seq);
    this.#recount();
  }

  /** After hibernation: these runs of inbox seqs are in flight on this connection. */
  restore(outlet: Outlet, runs: readonly [number, number][]): void {
    for (const [from, to] of runs) {
      for (const messages of this.#inbox.scan(from, "asc")) {
        if (messages[0]!.seq > to) break;
        const row = messages[0]!.seq;
        for (const { seq, tail } of messages) {
          if (seq < from || seq > to) continue;
          outlet.window.add({ seq, bytes: tail.length, src: stampedSource(tail), message: undefined, row });
          this.#count(row, 1);
        }
      }
      this.#unsentFrom = Math.max(this.#unsentFrom, to + 1);
    }
  }

  /** Gives fresh seqs to what was released and to all that is unsent. */
  #renumber(from: number, released: ReadonlySet<number>, now: number): void {
    const held = this.#heldSeqs();
    const unsentFrom = this.#unsentFrom;
    const first = this.#inbox.renumber(
      from,
      now,
      (seq) => (seq >= unsentFrom || released.has(seq) ? "moves" : held.has(seq) ? "stays" : "gone"),
      this.#sequence.next,
    );
    this.#unsentFrom = first ?? this.#sequence.last + 1;
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
      for (const entry of outlet.window.entries()) {
        if (entry.row === undefined) continue;
        entry.row = this.#inbox.rowOf(entry.seq) ?? entry.row;
        this.#count(entry.row, 1);
      }
    }
  }
}
