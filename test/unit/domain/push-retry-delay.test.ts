/** When a push is tried again. */
import { expect, test } from "vitest";
import { retryDelayMs } from "../../../src/domain/push/retry-delay.ts";

const longest = (attempts: number) => retryDelayMs(attempts, 1);

test("the time grows to a cap, with a jitter of half of it", () => {
  expect(longest(1)).toBe(1_250);
  expect(retryDelayMs(1, 0)).toBe(625);
  for (let attempts = 2; attempts <= 100; attempts++) {
    expect(longest(attempts)).toBeGreaterThanOrEqual(longest(attempts - 1));
    expect(longest(attempts)).toBeLessThanOrEqual(300_000);
    expect(retryDelayMs(attempts, 0)).toBe(longest(attempts) / 2);
  }
  expect(longest(100)).toBe(300_000);
});

test("after an outage of two minutes the next try is at most 40 s away; the queue's 100 tries last for hours", () => {
  for (const random of [0, 0.5, 0.999]) {
    let at = 0;
    let attempts = 0;
    while (at < 120_000) at += retryDelayMs(++attempts, random);
    expect(at).toBeLessThan(160_000);
    for (; attempts < 100; attempts++) at += retryDelayMs(attempts, random);
    expect(at).toBeGreaterThan(3 * 3_600_000);
  }
});

test("a service that asks for more gets it, up to an hour", () => {
  expect(retryDelayMs(1, 0, 30_000)).toBe(30_000);
  expect(retryDelayMs(60, 0, 30_000)).toBe(150_000);
  expect(retryDelayMs(1, 0, 1e12)).toBe(3_600_000);
});
