import { expect, test } from "vitest";
import { retryAfterMs } from "../../../src/push/retry-after.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

test.each([
  ["120", 120_000],
  [" 7 ", 7_000],
  ["0", 0],
  ["3600", 3_600_000],
  ["3601", 3_600_000],
  ["99999999999999999999", 3_600_000],
  ["Thu, 01 Jan 2026 00:01:30 GMT", 90_000],
  ["Thursday, 01-Jan-26 00:01:30 GMT", 90_000],
  ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
  ["Fri, 02 Jan 2026 00:00:00 GMT", 3_600_000],
  ["1.5", undefined],
  ["-1", undefined],
  ["soon", undefined],
  ["2026-01-01", undefined],
  ["", undefined],
])("Retry-After: %s", (value, ms) => {
  expect(retryAfterMs(new Headers({ "retry-after": value }), NOW)).toBe(ms);
});

test("without the header nothing is said", () => {
  expect(retryAfterMs(new Headers(), NOW)).toBeUndefined();
});
