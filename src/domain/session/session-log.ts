/**
 * The messages of a session that some member does not have, or that it keeps as history. Each is written
 * once, however many lack it; who lacks what is the roster's business.
 *
 * Invariants: rows never overlap; what is dropped while a member may need it is noted (`trimmedTo`), so that the
 * member is told.
 */
import type { GapReason } from "../../protocol/frames.ts";
import type { PushHint } from "../../protocol/push-hint.ts";
import { decodeLogRow as decode, encodeLogRow as encode } from "./log-row.ts";

export interface LogEntry {
  seq: number;
  /** Names the message to members' objects, against duplicates. */
  id: string;
  /** Ready to be sent, but for the opening brace and a seq. */
  tail: string;
  /** ms, 0 for never. */
  expiresAt: number;
  /** With the same value, a newer message takes the place of this one. */
  collapse?: string;
  /** The only node that it is for. */
  to?: string;
  /** It is for that node as the master of the game. */
  isForMaster?: true;
  /** The node that it is not for: who sent it, or whom it tells of. */
  except?: string;
  /** It is for those alone who joined at this position or later. */
  since?: number;
  /** The sender's own id of the message. */
  sent?: string;
  /** What it says of the push that it may lead to. */
  push?: PushHint;
  /** The only node that is woken for it, null for none; absent: all whom it is for. */
  wakes?: string | null;
}

export interface LogRow {
  /** First session_seq of the row. */
  id: number;
  seqTo: number;
  count: number;
  bytes: number;
  writtenAt: number;
  messages: string;
}

/** Synchronous storage of one log. */
export interface LogStore {
  transaction<T>(callback: () => T): T;
  insert(row: LogRow): void;
  delete(id: number): void;
  /** The first row that holds this seq or a later one. */
  rowAt(seq: number): LogRow | undefined;
  /** The last row that holds this seq or an earlier one. */
  rowBefore(seq: number): LogRow | undefined;
  summary(): { count: number; bytes: number };
  /** What was dropped although somebody may have needed it. */
  trimmed: { to: number; why: GapReason };
}

export interface LogLimits {
  messages: number;
  bytes: number;
  ttlMs: number;
  rowMessages: number;
  rowBytes: number;
}

/** What is kept although every member has it: the last so many messages, or those of the last so many ms. */
export interface Retention {
  messages: number;
  ms: number;
}

/** A message that a member lacks, or a range that it will never get. */
export type LogItem = LogEntry | { gapTo: number; gapFrom: number; reason: GapReason };

export class SessionLog {
  readonly #store: LogStore;
  readonly #limits: LogLimits;
  readonly #retention: Retention;
  #count: number;
  #bytes: number;
  /** The newest seq of each collapse key; undefined until somebody asks. */
  #newest: Map<string, number> | undefined;
  /** Rows written since this object was started. */
  rowsWritten = 0;

  constructor(store: LogStore, limits: LogLimits, retention: Retention) {
    this.#store = store;
    this.#limits = limits;
    this.#retention = retention;
    ({ count: this.#count, bytes: this.#bytes } = store.summary());
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When its oldest row runs out, ms. */
  get nextExpiry(): number | undefined {
    if (this.#count === 0) return undefined;
    const first = this.#store.rowAt(0);
    return first && first.writtenAt + this.#limits.ttlMs;
  }

  /** Writes messages, in the order of their seqs, none of which it holds yet. `neededFrom` as for `trim`. */
  append(entries: readonly LogEntry[], neededFrom: number | undefined, now: number): void {
    if (entries.length === 0) return;
    this.#store.transaction(() => {
      for (const row of this.#cut(entries)) {
        this.#splitAt(row[0]!.seq);
        this.#insert(row, now);
      }
      this.#dropOldest(neededFrom, now);
    });
  }

  /**
   * What `isFor` says that a member should get, from a seq on: up to so many messages and characters. `next` is where
   * to go on, `end` says that the log holds no more. What will never come stands in its place.
   */
  read(
    from: number,
    isFor: (entry: LogEntry) => boolean,
    limits: { messages: number; bytes: number },
    now: number,
  ): { items: LogItem[]; next: number; end: boolean } {
    const items: LogItem[] = [];
    const { to, why } = this.#store.trimmed;
    if (to >= from) addGap(items, from, to, why);
    let next = Math.max(from, to + 1);
    let size = 0;
    for (let row = this.#store.rowAt(next); row !== undefined; row = this.#store.rowAt(next)) {
      for (const entry of decode(row)) {
        if (entry.seq < next) continue;
        if (isFor(entry)) {
          const dropped = this.#dropped(entry, now);
          size += entry.tail.length;
          if (items.length >= limits.messages || (size > limits.bytes && items.length > 0))
            return { items, next, end: false };
          if (dropped === undefined) items.push(entry);
          else addGap(items, entry.seq, entry.seq, dropped);
        }
        next = entry.seq + 1;
      }
      next = row.seqTo + 1;
    }
    return { items, next, end: true };
  }

  /** One page of the log as history, oldest or newest first; `more` says that others of the range remain. */
  page(
    {
      from,
      to,
      limit,
      bytes = Infinity,
      order,
    }: { from: number; to: number; limit: number; bytes?: number; order: "asc" | "desc" },
    isFor: (entry: LogEntry) => boolean,
    now: number,
  ): { entries: LogEntry[]; more: boolean } {
    const entries: LogEntry[] = [];
    const start = this.historyFrom(now);
    let size = 0;
    let row = order === "asc" ? this.#store.rowAt(Math.max(from, start)) : this.#store.rowBefore(to);
    while (row !== undefined) {
      const all = decode(row);
      for (const entry of order === "asc" ? all : all.toReversed()) {
        if (entry.seq < Math.max(from, start) || entry.seq > to || !isFor(entry)) continue;
        if (entry.expiresAt !== 0 && entry.expiresAt <= now) continue;
        size += entry.tail.length;
        if (entries.length === limit || (size > bytes && entries.length > 0)) return { entries, more: true };
        entries.push(entry);
      }
      row = order === "asc" ? this.#store.rowAt(row.seqTo + 1) : this.#store.rowBefore(row.id - 1);
    }
    return { entries, more: false };
  }

  /** The first seq of what is kept as history; Infinity where nothing is. */
  historyFrom(now: number): number {
    const { messages, ms } = this.#retention;
    if (messages === 0 && ms === 0) return Infinity;
    let from = Infinity;
    let kept = 0;
    for (
      let row = this.#store.rowBefore(Number.MAX_SAFE_INTEGER);
      row !== undefined;
      row = this.#store.rowBefore(row.id - 1)
    ) {
      if (ms > 0 && row.writtenAt + ms > now) from = row.id;
      else if (kept >= messages) break;
      else if (row.count <= messages - kept) from = row.id;
      else from = decode(row)[row.count - (messages - kept)]!.seq;
      kept += row.count;
    }
    return from;
  }

  /** Drops what no member needs (nothing before `neededFrom` is needed; undefined: nothing at all) and history does not keep. */
  trim(neededFrom: number | undefined, now: number): void {
    if (this.#count === 0) return;
    this.#store.transaction(() => {
      const needed = neededFrom ?? Infinity;
      for (let row = this.#store.rowAt(0); row !== undefined; row = this.#store.rowAt(0)) {
        if (row.seqTo >= needed || this.#isHistory(row, now)) break;
        this.#delete(row);
      }
      this.#dropOldest(neededFrom, now);
    });
  }

  /** Is some of the oldest row kept as history? */
  #isHistory(oldest: LogRow, now: number): boolean {
    const { messages, ms } = this.#retention;
    return this.#count - oldest.count < messages || (ms > 0 && oldest.writtenAt + ms > now);
  }

  /** The newest messages that have an id of their sender's, oldest first. */
  newestSent(count: number): LogEntry[] {
    const found: LogEntry[] = [];
    for (
      let row = this.#store.rowBefore(Number.MAX_SAFE_INTEGER);
      row !== undefined;
      row = this.#store.rowBefore(row.id - 1)
    ) {
      found.push(
        ...decode(row)
          .filter(({ sent }) => sent !== undefined)
          .toReversed(),
      );
      if (found.length >= count) break;
    }
    return found.slice(0, count).toReversed();
  }

  /** What is too old, and the oldest of what is too much. */
  #dropOldest(neededFrom: number | undefined, now: number): void {
    for (let row = this.#store.rowAt(0); row !== undefined; row = this.#store.rowAt(0)) {
      const isOld = row.writtenAt + this.#limits.ttlMs <= now;
      if (!isOld && this.#count <= this.#limits.messages && this.#bytes <= this.#limits.bytes) return;
      this.#delete(row);
      // A late message may be older than what was dropped before it.
      if (neededFrom !== undefined && neededFrom <= row.seqTo && row.seqTo > this.#store.trimmed.to) {
        this.#store.trimmed = { to: row.seqTo, why: isOld ? "expired" : "cap" };
      }
    }
  }

  #dropped({ seq, expiresAt, collapse }: LogEntry, now: number): GapReason | undefined {
    if (expiresAt !== 0 && expiresAt <= now) return "ttl";
    if (collapse === undefined) return undefined;
    if (this.#newest === undefined) {
      this.#newest = new Map();
      for (let row = this.#store.rowAt(0); row !== undefined; row = this.#store.rowAt(row.seqTo + 1)) {
        for (const entry of decode(row)) this.#noteNewest(entry);
      }
    }
    return (this.#newest.get(collapse) ?? 0) > seq ? "collapsed" : undefined;
  }

  #noteNewest({ collapse, seq }: LogEntry): void {
    if (collapse === undefined) return;
    this.#newest!.set(collapse, Math.max(seq, this.#newest!.get(collapse) ?? 0));
  }

  /** Rows end where they are full, and where a row that was written earlier holds numbers in between. */
  #cut(entries: readonly LogEntry[]): LogEntry[][] {
    const rows: LogEntry[][] = [];
    let row: LogEntry[] = [];
    let bytes = 0;
    for (const entry of entries) {
      const isFull = row.length === this.#limits.rowMessages || bytes + entry.tail.length > this.#limits.rowBytes;
      const overlaps =
        row.length > 0 && row.at(-1)!.seq + 1 !== entry.seq && this.#holdsBetween(row[0]!.seq, entry.seq);
      if (row.length === 0 || isFull || overlaps) {
        rows.push((row = []));
        bytes = 0;
      }
      row.push(entry);
      bytes += entry.tail.length;
    }
    return rows;
  }

  #holdsBetween(from: number, to: number): boolean {
    const row = this.#store.rowAt(from);
    return row !== undefined && row.id < to;
  }

  /** A late message may belong into a row that was written before it: that row becomes two. */
  #splitAt(seq: number): void {
    const row = this.#store.rowBefore(seq);
    if (row === undefined || row.seqTo < seq) return;
    const held = decode(row);
    this.#delete(row);
    this.#insert(
      held.filter((entry) => entry.seq < seq),
      row.writtenAt,
    );
    this.#insert(
      held.filter((entry) => entry.seq > seq),
      row.writtenAt,
    );
  }

  #insert(row: readonly LogEntry[], writtenAt: number): void {
    const { 0: first, length: count } = row;
    const bytes = row.reduce((sum, { tail }) => sum + tail.length, 0);
    this.#store.insert({
      id: first!.seq,
      seqTo: row.at(-1)!.seq,
      count,
      bytes,
      writtenAt,
      messages: encode(row),
    });
    if (this.#newest !== undefined) for (const entry of row) this.#noteNewest(entry);
    this.rowsWritten++;
    this.#count += count;
    this.#bytes += bytes;
  }

  #delete(row: LogRow): void {
    this.#store.delete(row.id);
    // A message that is gone takes the place of none.
    if (this.#newest !== undefined && this.#newest.size > 0) {
      for (const { collapse, seq } of decode(row)) {
        if (collapse !== undefined && this.#newest.get(collapse) === seq) this.#newest.delete(collapse);
      }
    }
    this.#count -= row.count;
    this.#bytes -= row.bytes;
  }
}

function addGap(items: LogItem[], from: number, to: number, reason: GapReason): void {
  const last = items.at(-1);
  if (last !== undefined && "gapTo" in last && last.reason === reason) last.gapTo = to;
  else items.push({ gapFrom: from, gapTo: to, reason });
}
