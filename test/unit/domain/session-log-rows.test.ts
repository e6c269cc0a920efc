/** How the log of a session writes messages into rows. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { entries, entry, storedSession, story, T } from "./stored-session.ts";

const PAGE = { messages: LIMITS.sessionPageMessages, bytes: LIMITS.sessionPageBytes };
const all = () => true;

test("messages that are written together share a row, whatever was delivered in between", () => {
  const { log, rows } = storedSession();
  log.append(entries(1, 2), 1, T);
  log.append(entries(5, 9, 12), 1, T);
  expect(rows()).toEqual([
    [1, 2],
    [5, 9, 12],
  ]);
  expect([log.count, log.rowsWritten]).toEqual([5, 2]);
});

test("a row ends where it has its number of messages, or its size", () => {
  const { log, rows } = storedSession({ limits: { rowMessages: 3, rowBytes: 100 } });
  log.append(entries(1, 2, 3, 4), 1, T);
  expect(rows()).toEqual([[1, 2, 3], [4]]);
  const tail = "x".repeat(50);
  log.append(
    [5, 6, 7].map((seq) => entry(seq, { tail })),
    1,
    T,
  );
  log.append([entry(8, { tail: "x".repeat(51) }), entry(9, { tail })], 1, T);
  expect(rows()).toEqual([[1, 2, 3], [4], [5, 6], [7], [8], [9]]);
});

test("a message that is larger than a row has one of its own", () => {
  const { log, rows } = storedSession({ limits: { rowBytes: 100 } });
  log.append([entry(1), entry(2, { tail: "x".repeat(1_000) }), entry(3)], 1, T);
  expect(rows()).toEqual([[1], [2], [3]]);
});

test.each([
  ["around a row that is there", [[5, 6]], [4, 7], [[4], [5, 6], [7]]],
  ["around several", [[3], [5]], [2, 4, 6], [[2], [3], [4], [5], [6]]],
  ["within a row", [[1, 5]], [3], [[1], [3], [5]]],
  ["within a row, several", [[1, 9]], [3, 4, 5], [[1], [3, 4, 5], [9]]],
  ["within a row and past it", [[1, 5]], [3, 7], [[1], [3], [5], [7]]],
  [
    "before all",
    [[5, 6]],
    [1, 2],
    [
      [1, 2],
      [5, 6],
    ],
  ],
  [
    "within two rows",
    [
      [1, 4],
      [6, 9],
    ],
    [2, 7],
    [[1], [2], [4], [6], [7], [9]],
  ],
])("late messages never lie in the range of another row: %s", (_, before, late, after) => {
  const { log, rows, restartLog } = storedSession();
  for (const seqs of before) log.append(entries(...seqs), 1, T);
  log.append(entries(...late), 1, T);
  expect(rows()).toEqual(after);
  const seqs = after.flat();
  for (const of of [log, restartLog()]) {
    expect(of.count).toBe(seqs.length);
    expect(story(of.read(1, all, PAGE, T).items)).toEqual(seqs);
  }
});

test("a row that was split keeps its age", () => {
  const { log, rows } = storedSession({ limits: { ttlMs: 1_000 } });
  log.append(entries(1, 5), 1, T);
  log.append(entries(3), 1, T + 500);
  log.trim(1, T + 1_000);
  // The first row only: what is younger keeps what comes after it.
  expect(rows()).toEqual([[3], [5]]);
  log.trim(1, T + 1_500);
  expect(rows()).toEqual([]);
});

test("count and size are those of storage after a restart", () => {
  const { log, restartLog } = storedSession();
  log.append([entry(1, { tail: "12345" }), entry(2, { tail: "123" })], 1, T);
  expect([restartLog().count, restartLog().bytes]).toEqual([2, 8]);
  log.trim(undefined, T);
  expect([log.count, log.bytes, restartLog().count, restartLog().bytes]).toEqual([0, 0, 0, 0]);
});

test("a log of which nothing is written has no row, and no end of its time", () => {
  const { log, rows } = storedSession();
  log.append([], 1, T);
  expect([rows(), log.nextExpiry, log.rowsWritten]).toEqual([[], undefined, 0]);
});

test("the newest messages that have an id of their sender's, oldest first", () => {
  const { log, restartLog } = storedSession();
  log.append([entry(1, { sent: "m1" }), entry(2), entry(3, { sent: "m3" })], 1, T);
  log.append([entry(4, { sent: "m4" }), entry(5)], 1, T);
  const ids = (count: number) =>
    restartLog()
      .newestSent(count)
      .map(({ sent }) => sent);
  expect([ids(2), ids(3), ids(9)]).toEqual([
    ["m3", "m4"],
    ["m1", "m3", "m4"],
    ["m1", "m3", "m4"],
  ]);
});
