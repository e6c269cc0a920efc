/** What a session keeps of what was said, for those who join later and for readers. */
import { expect, test } from "vitest";
import type { LogEntry, Retention } from "../../../src/domain/session/session-log.ts";
import { entries, entry, storedSession, T } from "./stored-session.ts";

const MINUTE = 60_000;
const all = () => true;

function history(retention: Retention) {
  const session = storedSession({ retention });
  /** Each batch a row, a minute after the one before. */
  const fill = (...batches: number[][]) =>
    batches.forEach((seqs, i) => session.log.append(entries(...seqs), undefined, T + i * MINUTE));
  return { ...session, fill };
}

test("none is kept unless it is asked for", () => {
  const { log, fill } = history({ messages: 0, ms: 0 });
  fill([1, 2]);
  expect(log.historyFrom(T)).toBe(Infinity);
  log.trim(undefined, T);
  expect(log.count).toBe(0);
});

test("the last so many messages; of a row that holds more, from the first of them on", () => {
  const { log, fill, rows } = history({ messages: 4, ms: 0 });
  expect(log.historyFrom(T)).toBe(Infinity);
  fill([1, 2, 3], [4], [7, 9]);
  expect(log.historyFrom(T)).toBe(3);
  log.trim(undefined, T);
  expect(rows()).toEqual([[1, 2, 3], [4], [7, 9]]);
  fill([10]);
  expect(log.historyFrom(T)).toBe(4);
  log.trim(undefined, T);
  expect(rows()).toEqual([[4], [7, 9], [10]]);
});

test("fewer than that are all kept", () => {
  const { log, fill } = history({ messages: 4, ms: 0 });
  fill([2, 3], [5]);
  log.trim(undefined, T);
  expect([log.historyFrom(T), log.count]).toEqual([2, 3]);
});

test("those of the last so many minutes, a row at a time", () => {
  const { log, fill, rows } = history({ messages: 0, ms: 2 * MINUTE });
  fill([1], [2, 3], [4]);
  expect(log.historyFrom(T + 2 * MINUTE - 1)).toBe(1);
  expect(log.historyFrom(T + 2 * MINUTE)).toBe(2);
  log.trim(undefined, T + 2 * MINUTE);
  expect(rows()).toEqual([[2, 3], [4]]);
  log.trim(undefined, T + 4 * MINUTE);
  expect([rows(), log.historyFrom(T + 4 * MINUTE)]).toEqual([[], Infinity]);
});

test("where both are asked for, what either keeps", () => {
  const { log, fill } = history({ messages: 3, ms: MINUTE });
  fill([1], [2, 3], [4]);
  expect(log.historyFrom(T + 10 * MINUTE)).toBe(2);
  expect(log.historyFrom(T + 2 * MINUTE - 1)).toBe(2);
  expect(log.historyFrom(T)).toBe(1);
});

test("what a member needs is kept beside the history, and is no part of it", () => {
  const { log, fill, rows } = history({ messages: 1, ms: 0 });
  fill([1], [2], [3]);
  log.trim(2, T);
  expect([rows(), log.historyFrom(T)]).toEqual([[[2], [3]], 3]);
  const page = log.page({ from: 1, to: 9, limit: 9, order: "asc" }, all, T);
  expect(page.entries.map(({ seq }) => seq)).toEqual([3]);
});

test("a page is read from either end, within a range, up to a number", () => {
  const { log, fill } = history({ messages: 100, ms: 0 });
  fill([1, 2, 3], [5, 6], [9]);
  const page = (from: number, to: number, limit: number, order: "asc" | "desc") => {
    const { entries: found, more } = log.page({ from, to, limit, order }, all, T);
    return [found.map(({ seq }) => seq), more];
  };
  expect(page(0, 99, 99, "asc")).toEqual([[1, 2, 3, 5, 6, 9], false]);
  expect(page(0, 99, 99, "desc")).toEqual([[9, 6, 5, 3, 2, 1], false]);
  expect(page(2, 5, 99, "asc")).toEqual([[2, 3, 5], false]);
  expect(page(2, 5, 99, "desc")).toEqual([[5, 3, 2], false]);
  expect(page(2, 9, 2, "asc")).toEqual([[2, 3], true]);
  expect(page(0, 5, 2, "desc")).toEqual([[5, 3], true]);
  expect(page(0, 99, 6, "asc")).toEqual([[1, 2, 3, 5, 6, 9], false]);
  expect(page(0, 99, 6, "desc")).toEqual([[9, 6, 5, 3, 2, 1], false]);
  expect(page(4, 4, 9, "asc")).toEqual([[], false]);
  expect(page(10, 20, 9, "desc")).toEqual([[], false]);
});

test("readers get what they may see, and nothing that ran out", () => {
  const { log } = history({ messages: 100, ms: 0 });
  log.append([entry(1), entry(2, { to: "b" }), entry(3, { expiresAt: T + 10 }), entry(4)], undefined, T);
  const isForA = ({ to }: LogEntry) => to === undefined || to === "a";
  const seqs = (now: number, order: "asc" | "desc") =>
    log.page({ from: 0, to: 9, limit: 9, order }, isForA, now).entries.map(({ seq }) => seq);
  expect([seqs(T + 9, "asc"), seqs(T + 10, "asc"), seqs(T + 10, "desc")]).toEqual([
    [1, 3, 4],
    [1, 4],
    [4, 1],
  ]);
});
