/** What is remembered of recent messages, and what is forgotten first. */
import { expect, test } from "vitest";
import { RecentIds, type RecentIdsLimits } from "../../../src/domain/recent-ids.ts";

const recentIds = (limits: Partial<RecentIdsLimits>) =>
  new RecentIds<string>({ idsPerSource: 1_000, sources: 1_000, ids: 1_000_000, ...limits });

function known(ids: RecentIds<string>, source: string, candidates: string[]): string[] {
  return candidates.filter((id) => ids.get(source, id) !== undefined);
}

test("an id is remembered for its source alone", () => {
  const ids = recentIds({});
  ids.set("a", "1", "stored");
  expect(ids.get("a", "1")).toBe("stored");
  expect(ids.get("b", "1")).toBeUndefined();
  expect(ids.get("a", "2")).toBeUndefined();
  ids.set("a", "1", "delivered");
  expect(ids.get("a", "1")).toBe("delivered");
});

test("at the bound of a source nothing is forgotten, past it the oldest id", () => {
  const ids = recentIds({ idsPerSource: 3 });
  for (const id of ["1", "2", "3"]) ids.set("a", id, "x");
  expect(known(ids, "a", ["1", "2", "3"])).toEqual(["1", "2", "3"]);
  ids.set("a", "4", "x");
  expect(known(ids, "a", ["1", "2", "3", "4"])).toEqual(["2", "3", "4"]);
  ids.set("b", "1", "x");
  expect(known(ids, "a", ["2", "3", "4"])).toEqual(["2", "3", "4"]);
});

test("past the bound of sources the one unused for longest goes, with all its ids", () => {
  const ids = recentIds({ sources: 2 });
  ids.set("a", "1", "x");
  ids.set("b", "1", "x");
  ids.set("a", "2", "x");
  ids.set("c", "1", "x");
  expect(known(ids, "b", ["1"])).toEqual([]);
  expect(known(ids, "a", ["1", "2"])).toEqual(["1", "2"]);
  expect(known(ids, "c", ["1"])).toEqual(["1"]);
});

test("past the bound of all ids the source unused for longest goes", () => {
  const ids = recentIds({ ids: 4 });
  for (const id of ["1", "2"]) ids.set("a", id, "x");
  for (const id of ["1", "2"]) ids.set("b", id, "x");
  expect(known(ids, "a", ["1", "2"])).toEqual(["1", "2"]);
  ids.set("c", "1", "x");
  expect(known(ids, "a", ["1", "2"])).toEqual([]);
  expect(known(ids, "b", ["1", "2"])).toEqual(["1", "2"]);
});

test("the only source left loses its oldest ids", () => {
  const ids = recentIds({ ids: 3 });
  for (const id of ["1", "2", "3", "4", "5"]) ids.set("a", id, "x");
  expect(known(ids, "a", ["1", "2", "3", "4", "5"])).toEqual(["3", "4", "5"]);
});

test("a refused message is forgotten, and gives its place back", () => {
  const ids = recentIds({ ids: 2 });
  ids.set("a", "1", "x");
  ids.set("b", "1", "x");
  ids.delete("a", "1");
  ids.delete("a", "1");
  ids.delete("nobody", "1");
  expect(ids.get("a", "1")).toBeUndefined();
  ids.set("c", "1", "x");
  expect(known(ids, "b", ["1"])).toEqual(["1"]);
  ids.set("c", "2", "x");
  expect(known(ids, "b", ["1"])).toEqual([]);
});

test("an id that is set again is counted once", () => {
  const ids = recentIds({ ids: 2 });
  ids.set("a", "1", "x");
  for (let i = 0; i < 10; i++) ids.set("b", "1", String(i));
  expect(ids.get("a", "1")).toBe("x");
  expect(ids.get("b", "1")).toBe("9");
});
