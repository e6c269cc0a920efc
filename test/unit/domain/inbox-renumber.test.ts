/** Messages get fresh seqs, in order, when they go over a connection that has seen higher ones. */
import { expect, test } from "vitest";
import { DAY, fill, INBOX_LIMITS, never, rowsOf, seqsOf, stored, storedInbox, T } from "./stored-inbox.ts";

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
  expect(inbox.renumber(1, () => "moves", next)).toBe(10);
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
  expect(inbox.renumber(1, (seq) => fates[seq as keyof typeof fates], next)).toBe(10);
  expect(seqsOf(inbox)).toEqual([[1], [4, 5], [10], [11]]);
  expect(ids(inbox)).toEqual(["m1", "m4", "m5", "m3", "m9"]);
  expect(inbox.count).toBe(5);
});

test("rows before the first seq are left alone", () => {
  const { inbox, next } = filled();
  expect(inbox.renumber(4, () => "moves", next)).toBe(10);
  expect(seqsOf(inbox)).toEqual([
    [1, 2, 3],
    [10, 11],
    [12, 13],
  ]);
});

test("where nothing moves no seq is used", () => {
  const { inbox, next } = filled();
  expect(inbox.renumber(1, () => "stays", next)).toBeUndefined();
  expect(inbox.renumber(1, () => "gone", next)).toBeUndefined();
  expect([seqsOf(inbox), next()]).toEqual([[], 10]);
});

test("a failure in the middle undoes everything", () => {
  const { inbox, restart } = filled();
  let last = 9;
  const next = () => {
    if (last === 13) throw new Error("disk full");
    return ++last;
  };
  expect(() => inbox.renumber(1, () => "moves", next)).toThrow("disk full");
  expect(seqsOf(restart())).toEqual([
    [1, 2, 3],
    [4, 5],
    [8, 9],
  ]);
});

test("a message lives neither longer nor shorter for being renumbered", () => {
  const { inbox, next, restart } = storedInboxOfOneDay();
  inbox.append([stored(2, { expiresAt: T + 10 })], T + 5, never);
  expect(inbox.renumber(1, () => "moves", next)).toBe(3);
  expect([inbox.nextExpiry, restart().nextExpiry]).toEqual([T + 10, T + 10]);
  inbox.sweep(T + 10);
  expect(seqsOf(inbox)).toEqual([[3]]);
  expect([inbox.nextExpiry, restart().nextExpiry]).toEqual([T + DAY, T + DAY]);
  inbox.sweep(T + DAY - 1);
  expect(seqsOf(inbox)).toEqual([[3]]);
  inbox.sweep(T + DAY);
  expect(seqsOf(inbox)).toEqual([]);
  expect(inbox.gaps.map(({ from_seq, to_seq, reason }) => [from_seq, to_seq, reason])).toEqual([
    [3, 3, "expired"],
    [4, 4, "expired"],
  ]);
});

test("fresh seqs that jump, as those after a crash do, are given in order", () => {
  const { inbox } = filled();
  const fresh = [10, 11, 1_025, 1_026, 1_027, 1_028, 1_029];
  inbox.renumber(
    1,
    () => "moves",
    () => fresh.shift()!,
  );
  expect(seqsOf(inbox).flat()).toEqual([10, 11, 1_025, 1_026, 1_027, 1_028, 1_029]);
  expect(ids(inbox)).toEqual(["m1", "m2", "m3", "m4", "m5", "m8", "m9"]);
});

function storedInboxOfOneDay() {
  const setup = storedInbox({ ...INBOX_LIMITS, ttlMs: DAY });
  setup.inbox.append([stored(1)], T, never);
  let last = 2;
  return { ...setup, next: () => ++last };
}
