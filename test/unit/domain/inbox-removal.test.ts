/** Acked messages leave the inbox, whole rows or parts of them. */
import { expect, test } from "vitest";
import { fill, rowsOf, seqsOf, stored, storedInbox, T, never } from "./stored-inbox.ts";

function filled() {
  const setup = storedInbox();
  fill(setup.inbox, [1, 2, 3], [4, 5], [8, 9]);
  return setup;
}

test("everything up to a seq goes, in the middle of a row too", () => {
  const { inbox, restart } = filled();
  expect(inbox.removeUpTo(4)).toBe(4);
  expect(seqsOf(inbox)).toEqual([[5], [8, 9]]);
  expect([inbox.count, restart().count, inbox.bytes]).toEqual([3, 3, restart().bytes]);
  expect(inbox.removeUpTo(4)).toBe(0);
  expect(inbox.removeUpTo(Number.MAX_SAFE_INTEGER)).toBe(3);
  expect([seqsOf(inbox), inbox.count, inbox.bytes, inbox.nextExpiry]).toEqual([[], 0, 0, undefined]);
});

test("what does not match stays", () => {
  const { inbox } = filled();
  expect(inbox.removeUpTo(8, (seq) => seq % 2 === 1)).toBe(3);
  expect(seqsOf(inbox)).toEqual([[2], [4], [8, 9]]);
});

test("gaps that end by then go too, those that reach past it stay", () => {
  const { inbox, restart } = filled();
  inbox.announce(1, "cap", 2);
  inbox.announce(4, "ttl", 6);
  inbox.announce(7, "expired", 7);
  inbox.removeUpTo(5);
  expect(inbox.gaps).toEqual([
    { from_seq: 4, to_seq: 6, reason: "ttl" },
    { from_seq: 7, to_seq: 7, reason: "expired" },
  ]);
  inbox.dropGapsUpTo(6);
  expect(inbox.gaps).toEqual([{ from_seq: 7, to_seq: 7, reason: "expired" }]);
  expect(restart().gaps).toEqual(inbox.gaps);
});

test("a row goes when all of it was sent", () => {
  const { inbox } = filled();
  inbox.deleteRow(4, 5);
  expect(seqsOf(inbox)).toEqual([
    [1, 2, 3],
    [4, 5],
    [8, 9],
  ]);
  inbox.deleteRow(4, 6);
  expect(seqsOf(inbox)).toEqual([
    [1, 2, 3],
    [8, 9],
  ]);
  expect(inbox.count).toBe(5);
});

test("a row that is no more takes no other along", () => {
  const { inbox } = filled();
  inbox.deleteRow(4, 100);
  inbox.deleteRow(4, 100);
  inbox.deleteRow(5, 100);
  inbox.deleteRow(2, 100);
  expect(seqsOf(inbox)).toEqual([
    [1, 2, 3],
    [8, 9],
  ]);
});

test("a row is trimmed to what is still wanted, and keeps its expiry", () => {
  const { inbox, storage } = storedInbox();
  inbox.append(
    [stored(1, { expiresAt: T + 5 }), stored(2, { expiresAt: T + 9 }), stored(3, { expiresAt: T + 7 })],
    T,
    never,
  );
  inbox.trim(1, (seq) => seq !== 2);
  expect(seqsOf(inbox)).toEqual([[1, 3]]);
  expect(storage.sql.exec("SELECT id, seq_to, count, expires_at FROM inbox").toArray()).toEqual([
    { id: 1, seq_to: 3, count: 2, expires_at: T + 9 },
  ]);
  inbox.trim(1, (seq) => seq === 3);
  expect(rowsOf(inbox)).toEqual([[{ seq: 3, expiresAt: T + 7, tail: stored(3).tail }]]);
  inbox.trim(3, never);
  expect([seqsOf(inbox), inbox.count, inbox.bytes]).toEqual([[], 0, 0]);
  inbox.trim(3, never);
});
