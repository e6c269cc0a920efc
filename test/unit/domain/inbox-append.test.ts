/** Messages go into the inbox, and are found there again, after a restart too. */
import { expect, test } from "vitest";
import { fill, INBOX_LIMITS, never, rowsOf, seqsOf, stored, storedInbox, T } from "./stored-inbox.ts";

test("an empty inbox has nothing", () => {
  const { inbox } = storedInbox();
  expect([inbox.count, inbox.bytes, inbox.gaps, inbox.nextExpiry, inbox.rowsWritten]).toEqual([0, 0, [], undefined, 0]);
  expect([seqsOf(inbox), inbox.next(0), inbox.rowOf(1), inbox.newest(5)]).toEqual([[], undefined, undefined, []]);
});

test("a batch is one row, as long as it fits", () => {
  const { inbox } = storedInbox();
  const messages = [1, 2, 3].map((seq) => stored(seq));
  expect(inbox.append(messages, T, never)).toEqual(
    new Map([
      [1, 1],
      [2, 1],
      [3, 1],
    ]),
  );
  expect([inbox.count, inbox.rowsWritten]).toEqual([3, 1]);
  expect(inbox.bytes).toBe(messages.reduce((sum, { tail }) => sum + tail.length, 0));
  expect(rowsOf(inbox)).toEqual([messages.map(({ seq, expiresAt, tail }) => ({ seq, expiresAt, tail }))]);
});

test("a batch too large for a row is several", () => {
  const { inbox } = storedInbox();
  const rowOf = inbox.append(
    [1, 2, 3, 4, 5, 6].map((seq) => stored(seq)),
    T,
    never,
  );
  expect(seqsOf(inbox)).toEqual([
    [1, 2, 3, 4],
    [5, 6],
  ]);
  expect([...rowOf.values()]).toEqual([1, 1, 1, 1, 5, 5]);
});

test("text comes back as it went in", () => {
  const { inbox, restart } = storedInbox();
  const tails = ['"p":"\\n\\t \u2028 😀"}', '"p":\t1}', '"p":"\\ud800"}', "}"];
  inbox.append(
    tails.map((tail, i) => stored(i + 1, { tail, expiresAt: i })),
    T,
    never,
  );
  expect(rowsOf(restart()).flat()).toEqual(tails.map((tail, i) => ({ seq: i + 1, expiresAt: i, tail })));
});

test("there is room up to the caps, and not past them", () => {
  const { inbox } = storedInbox({ messages: 5, bytes: 300 });
  expect([inbox.hasRoom(5, 300), inbox.hasRoom(6, 0), inbox.hasRoom(0, 301)]).toEqual([true, false, false]);
  inbox.append([stored(1, { tail: "x".repeat(100) }), stored(2, { tail: "x".repeat(100) })], T, never);
  expect([inbox.hasRoom(3, 100), inbox.hasRoom(4, 100), inbox.hasRoom(3, 101)]).toEqual([true, false, false]);
});

test("a restarted inbox counts what storage holds", () => {
  const { inbox, restart } = storedInbox();
  inbox.append([stored(1), stored(2, { expiresAt: T + 50 })], T, never);
  inbox.append([stored(3, { expiresAt: T + 50 })], T, never);
  inbox.announce(7, "cap", 9);
  const again = restart();
  expect([again.count, again.bytes, again.nextExpiry, again.gaps, again.rowsWritten]).toEqual([
    inbox.count,
    inbox.bytes,
    T + 50,
    [{ from_seq: 7, to_seq: 9, reason: "cap" }],
    0,
  ]);
  expect(again.nextExpiry).toBe(inbox.nextExpiry);
});

test("next answers the rest of the row that holds a seq, or of the first one after it", () => {
  const { inbox } = storedInbox();
  fill(inbox, [2, 3, 4], [7, 8]);
  const next = (seq: number) => {
    const found = inbox.next(seq);
    return found && [found.row, found.messages.map((message) => message.seq)];
  };
  expect(next(0)).toEqual([2, [2, 3, 4]]);
  expect(next(3)).toEqual([2, [3, 4]]);
  expect(next(5)).toEqual([7, [7, 8]]);
  expect(next(8)).toEqual([7, [8]]);
  expect(next(9)).toBeUndefined();
});

test("rowOf names the row that holds a seq", () => {
  const { inbox } = storedInbox();
  fill(inbox, [2, 3, 4], [7, 8]);
  expect([1, 2, 4, 5, 6, 7, 8, 9].map((seq) => inbox.rowOf(seq))).toEqual([
    undefined,
    2,
    2,
    undefined,
    undefined,
    7,
    7,
    undefined,
  ]);
});

test("a scan goes from the row that holds a seq, in both directions", () => {
  const { inbox } = storedInbox();
  fill(inbox, [2, 3], [5, 6], [9]);
  const scan = (from: number, order: "asc" | "desc") =>
    [...inbox.scan(from, order)].map((row) => row.map(({ seq }) => seq));
  expect(scan(0, "asc")).toEqual([[2, 3], [5, 6], [9]]);
  expect(scan(6, "asc")).toEqual([[5, 6], [9]]);
  expect(scan(7, "asc")).toEqual([[9]]);
  expect(scan(10, "asc")).toEqual([]);
  expect(scan(Number.MAX_SAFE_INTEGER, "desc")).toEqual([[9], [6, 5], [3, 2]]);
  expect(scan(7, "desc")).toEqual([
    [6, 5],
    [3, 2],
  ]);
  expect(scan(5, "desc")).toEqual([
    [6, 5],
    [3, 2],
  ]);
  expect(scan(1, "desc")).toEqual([]);
});

test("the newest messages, oldest first, over several rows", () => {
  const { inbox } = storedInbox();
  fill(inbox, [1, 2, 3, 4], [5, 6], [9]);
  const ids = (count: number) => inbox.newest(count).map(({ id }) => id);
  expect(ids(1)).toEqual(["m9"]);
  expect(ids(2)).toEqual(["m6", "m9"]);
  expect(ids(5)).toEqual(["m3", "m4", "m5", "m6", "m9"]);
  expect(ids(100)).toEqual(["m1", "m2", "m3", "m4", "m5", "m6", "m9"]);
  expect(inbox.newest(1)).toMatchObject([{ src_id: "a" }]);
});

test("a batch whose second row cannot be written leaves no first one behind", () => {
  const { storage, inbox, restart } = storedInbox();
  fill(inbox, [9]);
  // The second row would take the place of one that is there.
  expect(() =>
    inbox.append(
      [5, 6, 7, 8, 9].map((seq) => stored(seq)),
      T,
      never,
    ),
  ).toThrow("UNIQUE");
  expect(storage.sql.exec("SELECT id FROM inbox").toArray()).toEqual([{ id: 9 }]);
  expect([restart().count, seqsOf(restart())]).toEqual([1, [[9]]]);
});

test("the row that runs out first is the one that is named", () => {
  const { inbox } = storedInbox();
  fill(inbox, [1]);
  expect(inbox.nextExpiry).toBe(T + INBOX_LIMITS.ttlMs);
  inbox.append([stored(2, { expiresAt: T + 10 }), stored(3, { expiresAt: T + 99 })], T, never);
  expect(inbox.nextExpiry).toBe(T + 99);
  // No message outlives the inbox's own limit.
  inbox.append([stored(4, { expiresAt: T + 2 * INBOX_LIMITS.ttlMs })], T - 1_000_000, never);
  expect(inbox.nextExpiry).toBe(T + 99);
  inbox.removeUpTo(3);
  expect(storedRowExpiry(inbox)).toBe(T - 1_000_000 + INBOX_LIMITS.ttlMs);
});

function storedRowExpiry(inbox: ReturnType<typeof storedInbox>["inbox"]): number | undefined {
  // What is left behind a stale answer is found by a sweep.
  inbox.sweep(T + 99);
  return inbox.nextExpiry;
}
