import { afterEach, expect, test } from "vitest";
import { constantTimeEqual } from "../../../src/http/auth/constant-time.ts";

type Patchable = { timingSafeEqual?: unknown };

afterEach(() => {
  delete (crypto.subtle as Patchable).timingSafeEqual;
});

test("equal and different bytes, wherever they differ", () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(constantTimeEqual(bytes, bytes.slice())).toBe(true);
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const other = bytes.slice();
      other[at] = (other[at] ?? 0) ^ (1 << bit);
      expect(constantTimeEqual(bytes, other)).toBe(false);
    }
  }
  expect(constantTimeEqual(bytes, bytes.subarray(1))).toBe(false);
  expect(constantTimeEqual(new Uint8Array(), new Uint8Array())).toBe(true);
});

test("uses the platform's own where there is one", () => {
  const calls: number[] = [];
  (crypto.subtle as Patchable).timingSafeEqual = (a: Uint8Array, b: Uint8Array) => {
    calls.push(a.length, b.length);
    return true;
  };
  expect(constantTimeEqual(new Uint8Array(2), Uint8Array.of(1, 1))).toBe(true);
  expect(calls).toEqual([2, 2]);
  // It throws for different lengths, so it must not be asked.
  expect(constantTimeEqual(new Uint8Array(2), new Uint8Array(3))).toBe(false);
  expect(calls).toEqual([2, 2]);
});
