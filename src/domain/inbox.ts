/**
 * The undelivered messages of a node: which there are, what fits, what is dropped and announced.
 * Which of them are on the wire is the outbox's business; see outbox.ts.
 *
 * Invariants: seqs only grow, rows never overlap, and whatever leaves otherwise than by an ack
 * leaves a gap behind.
 */
import type { Gap, GapReason } from "../protocol/frames.ts";
import { CollapseKeys, type CollapseStore } from "./collapse-keys.ts";
import { cutRows, decodeRow, encodeRow, type StoredMessage } from "./inbox-row.ts";

export interface InboxRow {
  /** First seq of the row. */
  id: number;
  seqTo: number;
  count: number;
  /** Characters of its messages. */
  bytes: number;
  expiresAt: number;
  messages: string;
}

/** Synchronous storage of one inbox. `transaction` undoes everything when its callback throws. */
export interface InboxStore extends CollapseStore {
  transaction<T>(callback: () => T): T;
  summary(): { count: number; bytes: number; nextExpiry: number | undefined };
  insert(row: InboxRow): void;
  delete(id: number): void;
  /** The first row that holds this seq or a later one. */
  rowAt(seq: number): InboxRow | undefined;
  /** The last row that holds this seq or an earlier one. */
  rowBefore(seq: number): InboxRow | undefined;
  /** Deletes the rows that ran out and answers their bounds, oldest first. */
  takeExpired(now: number): { from: number; to: number; count: number; bytes: number }[];
  gaps(): Gap[];
  putGap(gap: Gap): void;
  deleteGap(fromSeq: number): void;
}

/** What names a message that came to this node. */
export interface Stamped {
  src_id: string;
  id?: unknown;
  session_seq?: number;
  dest_session_id?: unknown;
}

export interface InboxLimits {
  messages: number;
  bytes: number;
  ttlMs: number;
  rowMessages: number;
  rowBytes: number;
}

/** A message to be stored; `collapse` names what a newer one with the same name replaces. */
export interface NewMessage extends StoredMessage {
  collapse: string | undefined;
}

export class Inbox {
  readonly #store: InboxStore;
  readonly #limits: InboxLimits;
  #count: number;
  #bytes: number;
  #gaps: Gap[];
  #nextExpiry: number | undefined;
  readonly #keys: CollapseKeys;
  /** Rows written since this object was started. */
  rowsWritten = 0;

  constructor(store: InboxStore, limits: InboxLimits) {
    this.#store = store;
    this.#keys = new CollapseKeys(store);
    this.#limits = limits;
    const { count, bytes, nextExpiry } = store.summary();
    this.#count = count;
    this.#bytes = bytes;
    this.#nextExpiry = nextExpiry;
    this.#gaps = store.gaps();
  }

  /** Messages, counting those of a row that is only partly acked. */
  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Dropped ranges that are not yet acked, oldest first. */
  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  /** When the first row runs out at the latest, ms; undefined for an empty inbox. */
  get nextExpiry(): number | undefined {
    return this.#count === 0 ? undefined : this.#nextExpiry;
  }

  /** Is there room for so many more messages and characters? */
  hasRoom(messages: number, bytes: number): boolean {
    return this.#count + messages <= this.#limits.messages && this.#bytes + bytes <= this.#limits.bytes;
  }

  /**
   * Writes messages, oldest first, in one transaction, and answers the row of each seq. A message with
   * a collapse key takes the place of an older one with the same key that `isUnsent` says is not on
   * the wire.
   */
  append(messages: readonly NewMessage[], now: number, isUnsent: (seq: number) => boolean): Map<number, number> {
    const rowOf = new Map<number, number>();
    this.#store.transaction(() => {
      const kept = this.#collapse(messages, isUnsent);
      const { rowMessages: maxMessages, rowBytes: maxBytes } = this.#limits;
      for (const row of cutRows(kept, { maxMessages, maxBytes })) {
        this.#insert(row, now + this.#limits.ttlMs);
        for (const { seq } of row) rowOf.set(seq, row[0]!.seq);
      }
    });
    return rowOf;
  }

  /** The messages of the first row that holds this seq or a later one, from this seq on; and the row's id. */
  next(seq: number): { row: number; messages: StoredMessage[] } | undefined {
    const row = this.#store.rowAt(seq);
    if (row === undefined) return undefined;
    return { row: row.id, messages: decodeRow(row.messages).filter((message) => message.seq >= seq) };
  }

  /** Rows from a seq on downwards or upwards, for reading a page; decoded one at a time. */
  *scan(from: number, order: "asc" | "desc"): Generator<StoredMessage[]> {
    let row = order === "asc" ? this.#store.rowAt(from) : this.#store.rowBefore(from);
    while (row !== undefined) {
      const messages = decodeRow(row.messages);
      yield order === "asc" ? messages : messages.toReversed();
      row = order === "asc" ? this.#store.rowAt(row.seqTo + 1) : this.#store.rowBefore(row.id - 1);
    }
  }

  /** The row that holds this seq. */
  rowOf(seq: number): number | undefined {
    const row = this.#store.rowBefore(seq);
    return row !== undefined && row.seqTo >= seq ? row.id : undefined;
  }

  /** The senders and ids of up to so many of the newest messages, oldest first. */
  newest(count: number): Stamped[] {
    const found: Stamped[] = [];
    if (this.#count === 0) return found;
    for (const messages of this.scan(Number.MAX_SAFE_INTEGER, "desc")) {
      for (const { tail } of messages) found.push(JSON.parse(`{${tail}`) as Stamped);
      if (found.length >= count) break;
    }
    return found.slice(0, count).toReversed();
  }

  /** Deletes a row whose messages are acked, unless some lie at or beyond `sentBelow`; answers whether it is gone. */
  deleteRow(id: number, sentBelow: number): boolean {
    const row = this.#store.rowAt(id);
    if (row?.id === id && row.seqTo >= sentBelow) return false;
    if (row?.id === id) this.#delete(row);
    this.#tidy();
    return true;
  }

  /** Removes every message up to this seq for which `matches`, acked or announced elsewhere; answers how many. */
  removeUpTo(seq: number, matches: (seq: number) => boolean = () => true): number {
    let removed = 0;
    this.#store.transaction(() => {
      for (let row = this.#store.rowAt(0); row !== undefined && row.id <= seq; row = this.#store.rowAt(row.seqTo + 1)) {
        removed += this.#rewrite(row, (message) => message.seq > seq || !matches(message.seq));
      }
      this.#dropGapsUpTo(seq);
    });
    this.#tidy();
    return removed;
  }

  /** Takes acked messages out of a row that still holds others. */
  trim(row: number, keep: (seq: number) => boolean): void {
    const found = this.#store.rowAt(row);
    if (found === undefined) return;
    this.#store.transaction(() => this.#rewrite(found, (message) => keep(message.seq)));
    this.#tidy();
  }

  /**
   * Gives fresh seqs, in order, to the messages that "move": they will go over a connection that has
   * already seen higher ones. Those that "stay" keep theirs, those that are "gone" (acked) go. Only
   * rows that reach `from` are looked at, one at a time, so a large inbox needs little memory.
   * Answers the first seq given.
   */
  renumber(
    from: number,
    fateOf: (seq: number) => "moves" | "stays" | "gone",
    nextSeq: () => number,
  ): number | undefined {
    let first: number | undefined;
    const fresh = new Map<number, number>();
    this.#store.transaction(() => {
      const end = this.#store.rowBefore(Number.MAX_SAFE_INTEGER)?.id ?? 0;
      for (let row = this.#store.rowAt(from); row !== undefined && row.id <= end;) {
        const after = row.seqTo + 1;
        const moved = decodeRow(row.messages).filter((message) => fateOf(message.seq) === "moves");
        this.#rewrite(row, (message) => fateOf(message.seq) === "stays");
        if (moved.length > 0) {
          const renamed = moved.map((message) => ({ ...message, seq: nextSeq() }));
          moved.forEach(({ seq }, i) => fresh.set(seq, renamed[i]!.seq));
          first ??= renamed[0]!.seq;
          this.#insert(renamed, row.expiresAt);
        }
        row = this.#store.rowAt(after);
      }
      this.#keys.renumber(fresh);
    });
    return first;
  }

  /** Notes that the messages from one seq to another (one message by default) will never arrive. */
  announce(from: number, reason: GapReason, to = from): void {
    for (const gap of this.#gaps) if (gap.from_seq <= from && gap.to_seq >= from) from = gap.to_seq + 1;
    if (from > to) return;
    const last = this.#gaps.at(-1);
    if (last !== undefined && last.reason === reason && last.to_seq + 1 === from) {
      last.to_seq = to;
      this.#store.putGap(last);
      return;
    }
    const gap: Gap = { from_seq: from, to_seq: to, reason };
    this.#gaps = [...this.#gaps, gap].toSorted((a, b) => a.from_seq - b.from_seq);
    this.#store.putGap(gap);
  }

  /** Has this message been announced as one that will never arrive? Its row may still stand. */
  isDropped(seq: number): boolean {
    return this.#gaps.some((gap) => gap.from_seq <= seq && seq <= gap.to_seq);
  }

  /** Forgets the gaps that end at or before this seq: the recipient knows of them. */
  dropGapsUpTo(seq: number, matches: (gap: Gap) => boolean = () => true): void {
    if (this.#gaps.length > 0) this.#store.transaction(() => this.#dropGapsUpTo(seq, matches));
  }

  /** Drops the rows that ran out and announces them. */
  sweep(now: number): void {
    if (this.#nextExpiry === undefined || this.#nextExpiry > now) return;
    this.#store.transaction(() => {
      for (const { from, to, count, bytes } of this.#store.takeExpired(now)) {
        this.#count -= count;
        this.#bytes -= bytes;
        this.announce(from, "expired", to);
      }
    });
    this.#nextExpiry = this.#store.summary().nextExpiry;
    this.#tidy();
  }

  #collapse(messages: readonly NewMessage[], isUnsent: (seq: number) => boolean): NewMessage[] {
    if (messages.every((message) => message.collapse === undefined)) return [...messages];
    const newest = new Map<string, number>();
    for (const { collapse, seq } of messages) if (collapse !== undefined) newest.set(collapse, seq);
    const kept = messages.filter((message) => {
      if (message.collapse === undefined || newest.get(message.collapse) === message.seq) return true;
      this.announce(message.seq, "collapsed");
      return false;
    });
    for (const [key, seq] of newest) {
      const older = this.#keys.seqOf(key);
      if (older !== undefined && isUnsent(older)) this.#replace(older);
      this.#keys.set(key, seq);
    }
    this.#keys.prune(this.#count + kept.length, () => new Set([...this.scan(0, "asc")].flat().map(({ seq }) => seq)));
    return kept;
  }

  /** A message that was stored while it is on the wire: once it is not any more, a newer one may take its place. */
  noteKey(key: string, seq: number): void {
    if ((this.#keys.seqOf(key) ?? 0) < seq) this.#keys.set(key, seq);
  }

  #replace(seq: number): void {
    const row = this.#store.rowAt(seq);
    if (row === undefined || row.id > seq) return;
    if (this.#rewrite(row, (message) => message.seq !== seq) > 0) this.announce(seq, "collapsed");
  }

  /** `latest` is when the row runs out where its messages do not before. */
  #insert(messages: readonly StoredMessage[], latest: number): void {
    const row: InboxRow = {
      id: messages[0]!.seq,
      seqTo: messages.at(-1)!.seq,
      count: messages.length,
      bytes: messages.reduce((sum, message) => sum + message.tail.length, 0),
      expiresAt: Math.max(...messages.map(({ expiresAt }) => (expiresAt === 0 ? latest : Math.min(expiresAt, latest)))),
      messages: encodeRow(messages),
    };
    this.#put(row);
  }

  #put(row: InboxRow): void {
    this.#store.insert(row);
    this.rowsWritten++;
    this.#count += row.count;
    this.#bytes += row.bytes;
    if (this.#nextExpiry === undefined || row.expiresAt < this.#nextExpiry) this.#nextExpiry = row.expiresAt;
  }

  #delete(row: InboxRow): void {
    this.#store.delete(row.id);
    this.#count -= row.count;
    this.#bytes -= row.bytes;
  }

  /** Keeps only some messages of a row; answers how many went. */
  #rewrite(row: InboxRow, keep: (message: StoredMessage) => boolean): number {
    const messages = decodeRow(row.messages);
    const kept = messages.filter(keep);
    if (kept.length === messages.length) return 0;
    this.#delete(row);
    if (kept.length > 0) {
      this.#put({
        id: kept[0]!.seq,
        seqTo: kept.at(-1)!.seq,
        count: kept.length,
        bytes: kept.reduce((sum, message) => sum + message.tail.length, 0),
        expiresAt: row.expiresAt,
        messages: encodeRow(kept),
      });
    }
    return messages.length - kept.length;
  }

  #dropGapsUpTo(seq: number, matches: (gap: Gap) => boolean = () => true): void {
    const known = (gap: Gap) => gap.to_seq <= seq && matches(gap);
    for (const gap of this.#gaps) if (known(gap)) this.#store.deleteGap(gap.from_seq);
    this.#gaps = this.#gaps.filter((gap) => !known(gap));
  }

  #tidy(): void {
    if (this.#count > 0) return;
    this.#keys.clear();
    this.#nextExpiry = undefined;
  }
}
