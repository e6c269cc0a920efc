import { expect, test } from "vitest";
import { fullJitter } from "../../../src/protocol/backoff.ts";

test("the pause doubles with each attempt up to the cap", () => {
  const longest = (attempt: number) => fullJitter(attempt, 100, 5_000, 1);
  expect([0, 1, 2, 3, 4, 5, 6, 7].map(longest)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  expect(longest(1_000_000)).toBe(5_000);
});

test("it is random from nothing up to all of it", () => {
  expect(fullJitter(3, 100, 5_000, 0)).toBe(0);
  expect(fullJitter(3, 100, 5_000, 0.25)).toBe(200);
});
