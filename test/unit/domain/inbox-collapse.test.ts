/** While undelivered, a newer message with the same collapse key takes the place of an older one. */
import { expect, test } from "vitest";
import { always, never, seqsOf, stored, storedInbox, T } from "./stored-inbox.ts";

const keyed = (seq: number, collapse: string) => stored(seq, { collapse });
const collapsed = (from_seq: number, to_seq = from_seq) => ({ from_seq, to_seq, reason: "collapsed" });

test("the older one goes and leaves a gap; others stay", () => {
  const { inbox, restart } = storedInbox();
  inbox.append([stored(1), keyed(2, "k"), keyed(3, "other")], T, always);
  inbox.append([keyed(4, "k")], T, always);
  expect(seqsOf(inbox)).toEqual([[1, 3], [4]]);
  expect(inbox.gaps).toEqual([collapsed(2)]);
  expect(inbox.count).toBe(3);
  expect([restart().count, restart().bytes, restart().gaps]).toEqual([inbox.count, inbox.bytes, inbox.gaps]);
});

test("one that was replaced is not announced twice", () => {
  const { inbox } = storedInbox();
  inbox.append([keyed(1, "k")], T, always);
  inbox.append([keyed(3, "k")], T, always);
  inbox.append([keyed(5, "k")], T, always);
  expect(seqsOf(inbox)).toEqual([[5]]);
  expect(inbox.gaps).toEqual([collapsed(1), collapsed(3)]);
});

test("one that is on the wire stays", () => {
  const { inbox } = storedInbox();
  inbox.append([keyed(1, "k")], T, always);
  inbox.append([keyed(2, "k")], T, never);
  expect(seqsOf(inbox)).toEqual([[1], [2]]);
  expect(inbox.gaps).toEqual([]);
  // The newer of the two is the one that the next replaces.
  inbox.append([keyed(3, "k")], T, (seq) => seq > 1);
  expect(seqsOf(inbox)).toEqual([[1], [3]]);
});

test("of several in one batch the last stays, and neighbours make one gap", () => {
  const { inbox } = storedInbox();
  inbox.append([keyed(1, "k"), keyed(2, "k"), stored(3), keyed(4, "k")], T, always);
  expect(seqsOf(inbox).flat()).toEqual([3, 4]);
  expect(inbox.gaps).toEqual([collapsed(1, 2)]);
  expect(inbox.count).toBe(2);
});

test("a batch replaces what an earlier one stored, and what is its own", () => {
  const { inbox } = storedInbox();
  inbox.append([keyed(1, "k"), keyed(2, "j")], T, always);
  inbox.append([keyed(3, "k"), keyed(4, "k")], T, always);
  expect(seqsOf(inbox).flat()).toEqual([2, 4]);
  expect(inbox.gaps).toContainEqual(collapsed(1));
  expect(inbox.gaps).toContainEqual(collapsed(3));
});

test("the keys outlive a restart", () => {
  const { inbox, restart } = storedInbox();
  inbox.append([keyed(1, "k"), stored(2)], T, always);
  const again = restart();
  again.append([keyed(3, "k")], T, always);
  expect(seqsOf(again)).toEqual([[2], [3]]);
});

test("a key of a message that was acked replaces nothing", () => {
  const { storage, inbox } = storedInbox();
  inbox.append([keyed(1, "k"), stored(2)], T, always);
  inbox.removeUpTo(1);
  inbox.append([keyed(3, "k")], T, always);
  expect(seqsOf(inbox)).toEqual([[2], [3]]);
  expect(inbox.gaps).toEqual([]);
  inbox.removeUpTo(3);
  expect(storage.sql.exec("SELECT * FROM collapse").toArray()).toEqual([]);
});

test("an emptied inbox forgets its keys, and takes new ones", () => {
  const { inbox } = storedInbox();
  for (let seq = 1; seq <= 9; seq += 2) {
    inbox.append([keyed(seq, "k"), keyed(seq + 1, "k")], T, always);
    expect(seqsOf(inbox)).toEqual([[seq + 1]]);
    inbox.removeUpTo(seq + 1);
  }
  expect(inbox.gaps).toEqual([]);
});

test("keys of messages that are gone do not pile up while something stays", () => {
  const { storage, inbox } = storedInbox();
  inbox.append([stored(1)], T, always);
  for (let seq = 2; seq <= 2_001; seq++) {
    inbox.append([{ ...keyed(seq, `k${seq}`), expiresAt: T + seq }], T, always);
    inbox.sweep(T + seq);
  }
  expect(inbox.count).toBe(1);
  expect(storage.sql.exec("SELECT * FROM collapse").toArray().length).toBeLessThan(300);
});

test("one that was on the wire when it was stored is replaced once it is not any more", () => {
  const { inbox } = storedInbox();
  inbox.append([stored(1), stored(2)], T, never);
  inbox.noteKey("k", 1);
  inbox.append([keyed(3, "k")], T, always);
  expect(seqsOf(inbox)).toEqual([[2], [3]]);
  expect(inbox.gaps).toEqual([collapsed(1)]);
});

test("keys follow messages that get fresh seqs", () => {
  const { inbox } = storedInbox();
  inbox.append([keyed(1, "k"), stored(2)], T, always);
  let next = 10;
  inbox.renumber(
    1,
    () => "moves",
    () => ++next,
  );
  expect(seqsOf(inbox)).toEqual([[11, 12]]);
  inbox.append([keyed(13, "k")], T, always);
  expect(seqsOf(inbox).flat()).toEqual([12, 13]);
  expect(inbox.gaps).toEqual([collapsed(11)]);
});
