/** What leaves the log: what nobody needs, what is too much, what is too old; and who is told of it. */
import { expect, test } from "vitest";
import { entries, entry, storedSession, story, T } from "./stored-session.ts";

const MANY = { messages: 100, bytes: 100_000 };
const all = () => true;

test("what lies before everything that a member needs goes, a row at a time", () => {
  const { log, rows } = storedSession();
  log.append(entries(1, 2, 3), 1, T);
  log.append(entries(4, 5), 1, T);
  log.trim(3, T);
  expect(rows()).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
  log.trim(4, T);
  expect(rows()).toEqual([[4, 5]]);
  log.trim(undefined, T);
  expect([rows(), log.count, log.bytes]).toEqual([[], 0, 0]);
});

test("nobody is told of what nobody needed", () => {
  const { log, restartLog } = storedSession();
  log.append(entries(1, 2, 3), 1, T);
  log.trim(undefined, T);
  expect(restartLog().read(1, all, MANY, T)).toEqual({ items: [], next: 1, end: true });
});

test("past its number of messages the log loses the oldest row, and who needs it is told", () => {
  const { log, rows, restartLog } = storedSession({ limits: { messages: 5 } });
  log.append(entries(1, 2), 1, T);
  log.append(entries(3, 4, 5), 1, T);
  expect(log.count).toBe(5);
  log.append(entries(6), 1, T);
  expect([rows(), log.count]).toEqual([[[3, 4, 5], [6]], 4]);
  for (const of of [log, restartLog()]) {
    expect(story(of.read(1, all, MANY, T).items)).toEqual(["gap 1-2 cap", 3, 4, 5, 6]);
    expect(story(of.read(2, all, MANY, T).items)).toEqual(["gap 2-2 cap", 3, 4, 5, 6]);
    expect(story(of.read(3, all, MANY, T).items)).toEqual([3, 4, 5, 6]);
  }
});

test("past its size it does the same", () => {
  const { log, rows } = storedSession({ limits: { bytes: 100 } });
  const tail = "x".repeat(50);
  log.append([entry(1, { tail })], 1, T);
  log.append([entry(2, { tail })], 1, T);
  expect(rows()).toEqual([[1], [2]]);
  log.append([entry(3, { tail: "x" })], 1, T);
  expect(rows()).toEqual([[2], [3]]);
});

test("what the cap takes from history alone is told to nobody", () => {
  const { log, rows } = storedSession({ limits: { messages: 2 }, retention: { messages: 10, ms: 0 } });
  log.append(entries(1), undefined, T);
  log.append(entries(2), undefined, T);
  log.append(entries(3), 3, T);
  expect(rows()).toEqual([[2], [3]]);
  expect(story(log.read(1, all, MANY, T).items)).toEqual([2, 3]);
});

test("a row that is too old goes, and who needs it is told", () => {
  const { log, rows, restartLog } = storedSession({ limits: { ttlMs: 1_000 } });
  log.append(entries(1, 2), 1, T);
  log.append(entries(3), 1, T + 1);
  expect([log.nextExpiry, restartLog().nextExpiry]).toEqual([T + 1_000, T + 1_000]);
  log.trim(1, T + 999);
  expect(rows()).toEqual([[1, 2], [3]]);
  log.trim(1, T + 1_000);
  expect([rows(), log.nextExpiry]).toEqual([[[3]], T + 1_001]);
  expect(story(restartLog().read(1, all, MANY, T).items)).toEqual(["gap 1-2 expired", 3]);
});

test("writing drops what is too old as well", () => {
  const { log, rows } = storedSession({ limits: { ttlMs: 1_000 } });
  log.append(entries(1), 1, T);
  log.append(entries(2), 1, T + 1_000);
  expect(rows()).toEqual([[2]]);
});

test("the note of what was dropped never goes back for a late message", () => {
  const { log, rows } = storedSession({ limits: { messages: 4 } });
  log.append(entries(5, 6), 2, T);
  log.append(entries(7, 8, 9), 2, T);
  expect(rows()).toEqual([[7, 8, 9]]);
  log.append(entries(2, 3), 2, T);
  expect(rows()).toEqual([[7, 8, 9]]);
  expect(story(log.read(2, all, MANY, T).items)).toEqual(["gap 2-6 cap", 7, 8, 9]);
});

test("a late message that a newer one has taken the place of is not told as collapsed once the newer one is gone", () => {
  const { log } = storedSession();
  log.append([entry(5, { collapse: "k" })], 1, T);
  // Looks for collapse keys.
  log.read(1, all, MANY, T);
  log.trim(undefined, T);
  log.append([entry(3, { collapse: "k" })], 3, T);
  expect(story(log.read(3, all, MANY, T).items)).toEqual([3]);
});
