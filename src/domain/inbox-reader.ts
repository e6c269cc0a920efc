/** Reading the inbox without a v1 connection: by seq, by time, a page at a time. */
import { withSeq } from "../protocol/frames.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Inbox } from "./inbox.ts";
import type { Sequence } from "./sequence.ts";
import { stampedTimestamp } from "./stamp.ts";

export interface PageQuery {
  /** Bounds are inclusive; undefined for none. */
  fromSeq?: number;
  toSeq?: number;
  fromTimestamp?: number;
  toTimestamp?: number;
  /** 1 to 100. */
  limit?: number;
  order: "asc" | "desc";
}

/** Messages as JSON text with their seqs; from_seq and to_seq are the lowest and highest seq of this page. */
export interface Page {
  messages: string[];
  from_seq: number | null;
  to_seq: number | null;
  /** Messages that match remain beyond this page. */
  more: boolean;
}

/** Reads one page of what `isOpen` says is not acked yet. Changes nothing. */
export function readPage(inbox: Inbox, query: PageQuery, isOpen: (seq: number) => boolean, now: number): Page {
  const { fromSeq = 0, toSeq = Number.MAX_SAFE_INTEGER, fromTimestamp = 0, toTimestamp = Infinity, order } = query;
  const limit = Math.min(query.limit ?? LIMITS.maxInboxPage, LIMITS.maxInboxPage);
  const page: Page = { messages: [], from_seq: null, to_seq: null, more: false };
  let size = 0;
  for (const row of inbox.scan(order === "asc" ? fromSeq : toSeq, order)) {
    for (const { seq, expiresAt, tail } of row) {
      if (order === "asc" ? seq > toSeq : seq < fromSeq) return page;
      if (seq < fromSeq || seq > toSeq || (expiresAt !== 0 && expiresAt <= now) || !isOpen(seq)) continue;
      const timestamp = stampedTimestamp(tail);
      if (timestamp < fromTimestamp || timestamp > toTimestamp) continue;
      size += tail.length;
      const full = page.messages.length === limit || size > LIMITS.maxInboxPageBytes;
      if (full && page.messages.length > 0) return { ...page, more: true };
      page.messages.push(withSeq(seq, tail));
      page.from_seq = Math.min(page.from_seq ?? seq, seq);
      page.to_seq = Math.max(page.to_seq ?? seq, seq);
    }
  }
  return page;
}

/** Reads one node's inbox and notices what a classic client has read of it. */
export class InboxReader {
  readonly #inbox: Inbox;
  readonly #sequence: Sequence;
  readonly #isOpen: (seq: number) => boolean;
  readonly #progress = new ReadProgress();

  /** `isOpen`: is this message still to be acked? */
  constructor(inbox: Inbox, sequence: Sequence, isOpen: (seq: number) => boolean) {
    this.#inbox = inbox;
    this.#sequence = sequence;
    this.#isOpen = isOpen;
  }

  /** No seq above this one was ever given. */
  get lastSeq(): number {
    return this.#sequence.last;
  }

  page(query: PageQuery, now: number): Page {
    return readPage(this.#inbox, query, this.#isOpen, now);
  }

  /** A page for a client that cannot ack, and the seq up to which it has now read everything, if that is known. */
  fetch(query: PageQuery, now: number): { page: Page; readSeq: number | undefined } {
    const page = this.page(query, now);
    return { page, readSeq: this.#progress.note(query, page) };
  }
}

/**
 * Notices when a classic client, which cannot ack, has paged through its whole inbox from the newest
 * message to the oldest. What it has read may then make room for new messages when the inbox is full.
 */
export class ReadProgress {
  #top: number | undefined;
  #floor = 0;

  /** Notes a page read in descending order; answers the seq up to which everything has been read, when that is known. */
  note(query: PageQuery, page: Page): number | undefined {
    const byTime = query.fromTimestamp !== undefined || query.toTimestamp !== undefined;
    if (byTime || page.to_seq === null || page.from_seq === null) return undefined;
    if (query.toSeq === undefined) this.#top = page.to_seq;
    else if (this.#top === undefined || query.toSeq < this.#floor - 1) return undefined;
    this.#floor = page.from_seq;
    return page.more || query.fromSeq !== undefined ? undefined : this.#top;
  }
}
