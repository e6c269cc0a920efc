/** Reading the inbox a page at a time. */
import { expect, test } from "vitest";
import { type PageQuery, readPage } from "../../../src/domain/inbox-reader.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { always, never, stored, storedInbox, T } from "./stored-inbox.ts";

/** Messages 1 to `count`, one stamped each second from T on, in rows of four. */
function filled(count: number) {
  const { inbox } = storedInbox();
  const messages = Array.from({ length: count }, (_, i) => stored(i + 1, { at: T + i * 1_000 }));
  inbox.append(messages, T, never);
  const page = (query: PageQuery, isOpen: (seq: number) => boolean = always, now = T) => {
    const { messages: texts, ...rest } = readPage(inbox, query, isOpen, now);
    return { seqs: texts.map((text) => (JSON.parse(text) as { seq: number }).seq), ...rest };
  };
  return { inbox, page };
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test("messages come as JSON text with their seq", () => {
  const { inbox } = filled(1);
  expect(readPage(inbox, { order: "asc" }, always, T)).toEqual({
    messages: [`{"seq":1,"src_id":"a","timestamp":${T},"id":"m1"}`],
    from_seq: 1,
    to_seq: 1,
    more: false,
  });
});

test("an empty page has no bounds", () => {
  const nothing = { seqs: [], from_seq: null, to_seq: null, more: false };
  for (const order of ["asc", "desc"] as const) {
    expect(filled(0).page({ order })).toEqual(nothing);
    expect(filled(9).page({ order, fromSeq: 10 })).toEqual(nothing);
    expect(filled(9).page({ order, toSeq: 0 })).toEqual(nothing);
    expect(filled(9).page({ order, fromSeq: 6, toSeq: 5 })).toEqual(nothing);
  }
});

test("both orders, with bounds that are inclusive and fall within rows", () => {
  const { page } = filled(10);
  expect(page({ order: "asc" })).toEqual({ seqs: range(1, 10), from_seq: 1, to_seq: 10, more: false });
  expect(page({ order: "desc" })).toEqual({ seqs: range(1, 10).toReversed(), from_seq: 1, to_seq: 10, more: false });
  expect(page({ order: "asc", fromSeq: 3, toSeq: 6 })).toEqual({
    seqs: [3, 4, 5, 6],
    from_seq: 3,
    to_seq: 6,
    more: false,
  });
  expect(page({ order: "desc", fromSeq: 3, toSeq: 6 })).toEqual({
    seqs: [6, 5, 4, 3],
    from_seq: 3,
    to_seq: 6,
    more: false,
  });
  expect(page({ order: "desc", toSeq: 99 })).toMatchObject({ from_seq: 1, to_seq: 10 });
});

test("more says whether anything that matches remains", () => {
  const { page } = filled(10);
  expect(page({ order: "asc", limit: 9 })).toMatchObject({ from_seq: 1, to_seq: 9, more: true });
  expect(page({ order: "asc", limit: 10 })).toMatchObject({ more: false });
  expect(page({ order: "desc", limit: 4 })).toMatchObject({ seqs: [10, 9, 8, 7], more: true });
  expect(page({ order: "desc", limit: 4, fromSeq: 7 })).toMatchObject({ seqs: [10, 9, 8, 7], more: false });
  expect(page({ order: "asc", limit: 4, toSeq: 4 })).toMatchObject({ seqs: [1, 2, 3, 4], more: false });
  expect(page({ order: "asc", limit: 4 }, (seq) => seq <= 4)).toMatchObject({ more: false });
});

test.each(["asc", "desc"] as const)("page after page, %s, each message comes once", (order) => {
  const { page } = filled(25);
  const seen: number[] = [];
  for (let query: PageQuery = { order, limit: 4 }; ;) {
    const { seqs, from_seq, to_seq, more } = page(query);
    seen.push(...seqs);
    if (!more) break;
    query = order === "asc" ? { ...query, fromSeq: to_seq! + 1 } : { ...query, toSeq: from_seq! - 1 };
  }
  expect(seen).toEqual(order === "asc" ? range(1, 25) : range(1, 25).toReversed());
});

test("a page has at most 100 messages, whatever was asked for", () => {
  const { page } = filled(101);
  expect(LIMITS.maxInboxPage).toBe(100);
  for (const limit of [undefined, 100, 101, 1_000]) {
    expect(page({ order: "asc", limit })).toMatchObject({ seqs: range(1, 100), more: true });
    expect(page({ order: "desc", limit })).toMatchObject({ seqs: range(2, 101).toReversed(), more: true });
  }
});

test("by the time of the stamp, both bounds included, alone and with seqs", () => {
  const { page } = filled(10);
  const at = (seq: number) => T + (seq - 1) * 1_000;
  for (const order of ["asc", "desc"] as const) {
    const sorted = (query: Omit<PageQuery, "order">) => page({ ...query, order }).seqs.toSorted((a, b) => a - b);
    expect(sorted({ fromTimestamp: at(4), toTimestamp: at(7) })).toEqual([4, 5, 6, 7]);
    expect(sorted({ fromTimestamp: at(4) + 1, toTimestamp: at(7) - 1 })).toEqual([5, 6]);
    expect(sorted({ fromTimestamp: at(9) })).toEqual([9, 10]);
    expect(sorted({ toTimestamp: at(2) })).toEqual([1, 2]);
    expect(sorted({ fromTimestamp: at(4), toSeq: 5 })).toEqual([4, 5]);
    expect(sorted({ toTimestamp: at(4), fromSeq: 3 })).toEqual([3, 4]);
  }
  expect(page({ order: "asc", fromTimestamp: at(4), limit: 2 })).toMatchObject({ seqs: [4, 5], more: true });
  expect(page({ order: "asc", toTimestamp: at(4), limit: 4 })).toMatchObject({ seqs: [1, 2, 3, 4], more: false });
});

test("what has run out is hidden, though its row is still there", () => {
  const { inbox } = storedInbox();
  inbox.append([stored(1), stored(2, { expiresAt: T + 5 }), stored(3, { expiresAt: T + 6 })], T, never);
  const seqs = (now: number) =>
    readPage(inbox, { order: "asc" }, always, now).messages.map((text) => (JSON.parse(text) as { seq: number }).seq);
  expect(seqs(T + 4)).toEqual([1, 2, 3]);
  expect(seqs(T + 5)).toEqual([1, 3]);
  expect(seqs(T + 6)).toEqual([1]);
});

test("what is acked is hidden, and does not count against the page", () => {
  const { page } = filled(10);
  expect(page({ order: "asc", limit: 3 }, (seq) => seq % 2 === 0)).toEqual({
    seqs: [2, 4, 6],
    from_seq: 2,
    to_seq: 6,
    more: true,
  });
  expect(page({ order: "desc" }, never)).toEqual({ seqs: [], from_seq: null, to_seq: null, more: false });
});

test("reading changes nothing", () => {
  const { inbox, page } = filled(10);
  const before = [inbox.count, inbox.bytes, inbox.rowsWritten, inbox.gaps];
  page({ order: "desc", limit: 3 });
  expect([inbox.count, inbox.bytes, inbox.rowsWritten, inbox.gaps]).toEqual(before);
});
