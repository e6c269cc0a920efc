/** Messages get fresh seqs, in order, when they go over a connection that has seen higher ones. */
import { expect, test } from "vitest";
import { DAY, fill, INBOX_LIMITS, never, rowsOf, seqsOf, stored, storedInbox, T, always } from "./stored-inbox.ts";

function filled() {
  const setup = storedInbox();
  fill(setup.inbox, [1, 2, 3], [4, 5], [8, 9]);
  let last = 9;
  return { ...setup, next: () => ++last };
}

const ids = (inbox: ReturnType<typeof storedInbox>["inbox"]) =>
  rowsOf(inbox)
    .flat()
    .map(({ tail }) => (JSON.parse(`{${tail}`) as { id: string }).id);

test("what moves keeps its order and its text", () => {
  const { inbox, next, restart } = filled();
  const before = ids(inbox);
  const bytes = inbox.bytes;
  expect(inbox.renumber(1, T, () => "moves", next)).toBe(10);
  expect(seqsOf(inbox)).toEqual([
    [10, 11, 12],
    [13, 14],
    [15, 16],
  ]);
  expect(ids(inbox)).toEqual(before);
  expect([inbox.count, inbox.bytes, restart().count, restart().bytes]).toEqual([7, bytes, 7, bytes]);
  expect(inbox.gaps).toEqual([]);
});

test("what stays keeps its seq, what is gone goes", () => {
  const { inbox, next } = filled();
  const fates = { 1: "stays", 2: "gone", 3: "moves", 4: "stays", 5: "stays", 8: "gone", 9: "moves" } as const;
  expect(inbox.renumber(1, T, (seq) => fates[seq as keyof typeof fates], next)).toBe(10);
  expect(seqsOf(inbox)).toEqual([[1], [4, 5], [10], [11]]);
  expect(ids(inbox)).toEqual(["m1", "m4", "m5", "m3", "m9"]);
  expect(inbox.count).toBe(5);
});

test("rows before the first seq are left alone", () => {
  const { inbox, next } = filled();
  expect(inbox.renumber(4, T, () => "moves", next)).toBe(10);
  expect(seqsOf(inbox)).toEqual([
    [1, 2, 3],
    [10, 11],
    [12, 13],
  ]);
});

test("where nothing moves no seq is used", () => {
  const { inbox, next } = filled();
  expect(inbox.renumber(1, T, () => "stays", next)).toBeUndefined();
  expect(inbox.renumber(1, T, () => "gone", next)).toBeUndefined();
  expect([seqsOf(inbox), next()]).toEqual([[], 10]);
});

test("collapse keys no longer replace by the seqs of before", () => {
  const { inbox } = storedInbox();
  inbox.append([stored(1, { collapse: "k" })], T, always);
  let last = 1;
  inbox.renumber(
    1,
    T,
    () => "moves",
    () => ++last,
  );
  inbox.append([stored(3, { collapse: "k" })], T, always);
  expect(seqsOf(inbox)).toEqual([[2], [3]]);
});

test("a failure in the middle undoes everything", () => {
  const { inbox, restart } = filled();
  let last = 9;
  const next = () => {
    if (last === 13) throw new Error("disk full");
    return ++last;
  };
  expect(() => inbox.renumber(1, T, () => "moves", next)).toThrow("disk full");
  expect(seqsOf(restart())).toEqual([
    [1, 2, 3],
    [4, 5],
    [8, 9],
  ]);
});

test("a message does not live longer for being renumbered", () => {
  const { inbox, next } = storedInboxOfOneDay();
  inbox.renumber(1, T + DAY / 2, () => "moves", next);
  inbox.sweep(T + DAY);
  expect(seqsOf(inbox)).toEqual([]);
});

function storedInboxOfOneDay() {
  const setup = storedInbox({ ...INBOX_LIMITS, ttlMs: DAY });
  setup.inbox.append([stored(1)], T, never);
  let last = 1;
  return { ...setup, next: () => ++last };
}
