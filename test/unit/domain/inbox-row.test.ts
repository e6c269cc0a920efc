/** The text of an inbox row, and how messages are cut into rows. */
import { expect, test } from "vitest";
import { cutRows, decodeRow, encodeRow, type StoredMessage } from "../../../src/domain/inbox-row.ts";

const message = (seq: number, bytes = 1): StoredMessage => ({ seq, expiresAt: 0, tail: "x".repeat(bytes) });
const seqs = (rows: StoredMessage[][]) => rows.map((row) => row.map(({ seq }) => seq));
const WIDE = { maxMessages: 1_000, maxBytes: 1_000_000 };

test("a row comes back as it was written: tabs, escapes, unicode and odd separators in its messages", () => {
  const messages = [
    { seq: 1, expiresAt: 0, tail: '"src_id":"a","timestamp":1,\t"payload":"\\n\\t"}' },
    { seq: Number.MAX_SAFE_INTEGER, expiresAt: 1_700_000_000_000, tail: '"p":"\u2028\u2029\u0085é😀"}' },
    { seq: 9, expiresAt: 5, tail: "}" },
    { seq: 10, expiresAt: 0, tail: '"push":1}', push: { off: true as const } },
    { seq: 11, expiresAt: 6, tail: "}", push: { named: true as const, wish: { title: "a\tb\nc d" } } },
  ];
  expect(decodeRow(encodeRow(messages))).toEqual(messages);
  expect(decodeRow(encodeRow(messages.slice(0, 1)))).toEqual(messages.slice(0, 1));
});

test("nothing makes no row, one message makes one", () => {
  expect(cutRows([], WIDE)).toEqual([]);
  expect(seqs(cutRows([message(7)], WIDE))).toEqual([[7]]);
});

test("a row holds up to maxMessages", () => {
  const messages = [1, 2, 3, 4, 5, 6, 7].map((seq) => message(seq));
  expect(seqs(cutRows(messages, { ...WIDE, maxMessages: 3 }))).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  expect(seqs(cutRows(messages, { ...WIDE, maxMessages: 7 }))).toEqual([[1, 2, 3, 4, 5, 6, 7]]);
});

test("a row holds up to maxBytes, and a larger message has one of its own", () => {
  const limits = { ...WIDE, maxBytes: 10 };
  expect(seqs(cutRows([message(1, 5), message(2, 5), message(3, 1)], limits))).toEqual([[1, 2], [3]]);
  expect(seqs(cutRows([message(1, 5), message(2, 6)], limits))).toEqual([[1], [2]]);
  expect(seqs(cutRows([message(1, 50), message(2, 1), message(3, 50), message(4, 10)], limits))).toEqual([
    [1],
    [2],
    [3],
    [4],
  ]);
});

test("a row ends where the seq jumps, for other rows may hold the numbers in between", () => {
  const messages = [1, 2, 5, 6, 9].map((seq) => message(seq));
  expect(seqs(cutRows(messages, WIDE))).toEqual([[1, 2], [5, 6], [9]]);
});
