/** Whatever leaves the inbox otherwise than by an ack leaves a gap behind. */
import { expect, test } from "vitest";
import { DAY, fill, INBOX_LIMITS, never, seqsOf, stored, storedInbox, T } from "./stored-inbox.ts";

const gap = (from_seq: number, to_seq: number, reason: string) => ({ from_seq, to_seq, reason });

test("neighbours with one reason are one gap, others are not", () => {
  const { inbox, restart } = storedInbox();
  inbox.announce(1, "ttl");
  inbox.announce(2, "ttl");
  inbox.announce(3, "cap");
  inbox.announce(5, "cap", 8);
  inbox.announce(9, "cap");
  expect(inbox.gaps).toEqual([gap(1, 2, "ttl"), gap(3, 3, "cap"), gap(5, 9, "cap")]);
  expect(restart().gaps).toEqual(inbox.gaps);
});

test("gaps are in order, whenever they arose", () => {
  const { inbox, restart } = storedInbox();
  for (const seq of [9, 3, 6]) inbox.announce(seq, "collapsed");
  expect(inbox.gaps.map(({ from_seq }) => from_seq)).toEqual([3, 6, 9]);
  expect(restart().gaps).toEqual(inbox.gaps);
});

test("rows that ran out are dropped and announced; the others stay", () => {
  const { inbox, restart } = storedInbox();
  inbox.append([stored(1, { expiresAt: T + 10 }), stored(2, { expiresAt: T + 5 })], T, never);
  fill(inbox, [3, 4]);
  inbox.append([stored(7, { expiresAt: T + 10 })], T, never);
  inbox.sweep(T + 9);
  expect(seqsOf(inbox)).toEqual([[1, 2], [3, 4], [7]]);
  inbox.sweep(T + 10);
  expect(seqsOf(inbox)).toEqual([[3, 4]]);
  expect(inbox.gaps).toEqual([gap(1, 2, "expired"), gap(7, 7, "expired")]);
  expect([inbox.count, inbox.nextExpiry]).toEqual([2, T + INBOX_LIMITS.ttlMs]);
  const again = restart();
  expect([again.count, again.bytes, again.gaps, again.nextExpiry]).toEqual([
    2,
    inbox.bytes,
    inbox.gaps,
    inbox.nextExpiry,
  ]);
});

test("after its whole life a message goes, and not a ms earlier", () => {
  const { inbox } = storedInbox();
  fill(inbox, [1, 2]);
  inbox.sweep(T + 30 * DAY - 1);
  expect(inbox.count).toBe(2);
  inbox.sweep(T + 30 * DAY);
  expect([inbox.count, inbox.bytes, inbox.nextExpiry, inbox.gaps]).toEqual([0, 0, undefined, [gap(1, 2, "expired")]]);
});

test("a sweep of an inbox where nothing ran out does nothing", () => {
  const { inbox } = storedInbox();
  inbox.sweep(T);
  fill(inbox, [1]);
  inbox.sweep(T);
  expect([seqsOf(inbox), inbox.gaps]).toEqual([[[1]], []]);
});

test("two gaps that begin at one seq are both kept through a restart", () => {
  const { inbox, restart } = storedInbox();
  // The first message ran out on its own, later the whole row did.
  inbox.append([stored(5, { expiresAt: T + 5 }), stored(6, { expiresAt: T + 10 })], T, never);
  inbox.announce(5, "ttl");
  inbox.sweep(T + 10);
  const covered = (gaps: typeof inbox.gaps) =>
    [5, 6].map((seq) => gaps.some((g) => g.from_seq <= seq && seq <= g.to_seq));
  expect(covered(inbox.gaps)).toEqual([true, true]);
  expect(covered(restart().gaps)).toEqual([true, true]);
  inbox.dropGapsUpTo(5);
  expect(covered(inbox.gaps)[1]).toBe(true);
  expect(covered(restart().gaps)[1]).toBe(true);
});
