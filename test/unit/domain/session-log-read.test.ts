/** What a member that is behind reads from the log: pages, and what will never come. */
import { expect, test } from "vitest";
import type { LogEntry } from "../../../src/domain/session/session-log.ts";
import { entries, entry, storedSession, story, T } from "./stored-session.ts";

const MANY = { messages: 100, bytes: 100_000 };
const all = () => true;

test("from a seq on, past the ends of rows", () => {
  const { log } = storedSession();
  log.append(entries(1, 2, 3), 1, T);
  log.append(entries(6, 7), 1, T);
  const read = (from: number) => {
    const { items, next, end } = log.read(from, all, MANY, T);
    return [story(items), next, end];
  };
  expect(read(1)).toEqual([[1, 2, 3, 6, 7], 8, true]);
  expect(read(3)).toEqual([[3, 6, 7], 8, true]);
  expect(read(4)).toEqual([[6, 7], 8, true]);
  expect(read(8)).toEqual([[], 8, true]);
  expect(read(20)).toEqual([[], 20, true]);
});

test("page by page, each as many messages or characters as it may have, or one that is larger", () => {
  const { log } = storedSession();
  log.append([...entries(1, 2, 3, 4, 5), entry(6, { tail: "x".repeat(200) }), entry(7)], 1, T);
  const pages = (limits: { messages: number; bytes: number }) => {
    const found: unknown[] = [];
    for (let from = 1, end = false; !end;) {
      const page = log.read(from, all, limits, T);
      found.push(story(page.items));
      ({ next: from, end } = page);
    }
    return found;
  };
  expect(pages({ messages: 3, bytes: 1_000 })).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  expect(pages({ messages: 100, bytes: 2 * entry(1).tail.length })).toEqual([[1, 2], [3, 4], [5], [6], [7]]);
});

test("a page that is just full is the last one where nothing follows", () => {
  const { log } = storedSession();
  log.append(entries(1, 2), 1, T);
  expect(log.read(1, all, { messages: 2, bytes: 1_000 }, T)).toMatchObject({ next: 3, end: true });
  log.append(entries(5), 1, T);
  expect(log.read(1, all, { messages: 2, bytes: 1_000 }, T)).toMatchObject({ next: 3, end: false });
});

test("what is not for the member is passed over, without a gap and without counting", () => {
  const { log } = storedSession();
  log.append([entry(1), entry(2, { to: "b" }), entry(3, { except: "a" }), entry(4)], 1, T);
  const isForA = ({ to, except }: LogEntry) => except !== "a" && (to === undefined || to === "a");
  const { items, next, end } = log.read(1, isForA, { messages: 2, bytes: 1_000 }, T);
  expect([story(items), next, end]).toEqual([[1, 4], 5, true]);
});

test("what ran out is told in its place; neighbours are told at once", () => {
  const { log } = storedSession();
  const brief = { expiresAt: T + 10 };
  log.append([entry(1), entry(2, brief), entry(3, brief), entry(4), entry(5, brief)], 1, T);
  expect(story(log.read(1, all, MANY, T + 9).items)).toEqual([1, 2, 3, 4, 5]);
  expect(story(log.read(1, all, MANY, T + 10).items)).toEqual([1, "gap 2-3 ttl", 4, "gap 5-5 ttl"]);
});

test("what ran out and was for somebody else is not told", () => {
  const { log } = storedSession();
  log.append([entry(1, { to: "b", expiresAt: T })], 1, T);
  expect(log.read(1, ({ to }) => to === "a", MANY, T)).toEqual({ items: [], next: 2, end: true });
});

test("of messages with one collapse key the newest alone comes, the others are told", () => {
  const { log, restartLog } = storedSession();
  log.append([entry(1, { collapse: "k" }), entry(2, { collapse: "other" }), entry(3, { collapse: "k" })], 1, T);
  const read = (of: typeof log) => story(of.read(1, all, MANY, T).items);
  expect(read(log)).toEqual(["gap 1-1 collapsed", 2, 3]);
  // What is written after the first look counts too.
  log.append([entry(4, { collapse: "k" })], 1, T);
  expect(read(log)).toEqual(["gap 1-1 collapsed", 2, "gap 3-3 collapsed", 4]);
  expect(read(restartLog())).toEqual(read(log));
});

test("two reasons are two gaps", () => {
  const { log } = storedSession();
  log.append([entry(1, { expiresAt: T }), entry(2, { collapse: "k" }), entry(3, { collapse: "k" })], 1, T);
  expect(story(log.read(1, all, MANY, T).items)).toEqual(["gap 1-1 ttl", "gap 2-2 collapsed", 3]);
});

test("gaps count as messages of a page", () => {
  const { log } = storedSession();
  log.append([entry(1, { expiresAt: T }), entry(2), entry(3)], 1, T);
  const { items, next, end } = log.read(1, all, { messages: 2, bytes: 1_000 }, T);
  expect([story(items), next, end]).toEqual([["gap 1-1 ttl", 2], 3, false]);
});
