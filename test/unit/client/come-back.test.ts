/** Whether and when to come back, by close code and error: a pure decision. */
import { describe, expect, test } from "vitest";
import { wireError } from "../../../src/protocol/errors.ts";
import { ConnectionError, RefusedError } from "../../../src/client/errors.ts";
import { type Circumstances, comeBackAfter, isTemporary } from "../../../src/client/reconnect.ts";

const now: Circumstances = {
  attempt: 0,
  refusedKeys: 0,
  canRenewKey: true,
  reconnectBaseMs: 500,
  reconnectCapMs: 30_000,
  random: 0.5,
};

const closed = (closeCode: number) =>
  new ConnectionError("DISCONNECTED", "", { closeCode, temporary: isTemporary(closeCode) });

describe("close codes", () => {
  test.each([4000, 4001, 4003, 4009, 4099])("%i: never", (code) => {
    expect(comeBackAfter(closed(code), now)).toBeUndefined();
  });

  test.each([4400, 4413, 4428, 4430, 4499])("%i: it would send the same again", (code) => {
    expect(comeBackAfter(closed(code), now)).toBeUndefined();
  });

  test.each([1000, 1001, 1005, 1006, 1011, 1012, 3000, 4100, 4101, 4199, 4200, 4201, 4202, 4299, 4300, 4500])(
    "%i: after a random part of the delay",
    (code) => {
      expect(comeBackAfter(closed(code), now)).toBe(250);
    },
  );

  test("4429: after ten seconds and a random part", () => {
    expect(comeBackAfter(closed(4429), now)).toBe(10_250);
  });
});

describe("full jitter", () => {
  test.each([
    [0, 500],
    [1, 1_000],
    [3, 4_000],
    [5, 16_000],
    [6, 30_000],
    [1_000, 30_000],
  ])("attempt %i waits from 0 to %i ms", (attempt, most) => {
    const after = (random: number) => comeBackAfter(closed(1006), { ...now, attempt, random });
    expect([after(0), after(0.5), after(1)]).toEqual([0, most / 2, most]);
  });
});

describe("errors", () => {
  const refused = new RefusedError(wireError("AUTH_EXPIRED"), 401);

  test.each([0, 1, 2])("a refused key after %i others is worth another", (refusedKeys) => {
    expect(comeBackAfter(refused, { ...now, refusedKeys })).toBe(250);
  });

  test("but not after three", () => {
    expect(comeBackAfter(refused, { ...now, refusedKeys: 3 })).toBeUndefined();
  });

  test("however many attempts failed for other reasons", () => {
    expect(comeBackAfter(refused, { ...now, attempt: 100, random: 0 })).toBe(0);
  });

  test("a refused key that cannot be renewed is the end", () => {
    expect(comeBackAfter(refused, { ...now, canRenewKey: false })).toBeUndefined();
  });

  test("Retry-After comes on top, up to an hour", () => {
    const busy = (ms: number) => comeBackAfter(new RefusedError(wireError("UNAVAILABLE"), 503, ms), now);
    expect([busy(2_000), busy(1e12)]).toEqual([2_250, 3_600_250]);
  });

  test.each(["FORBIDDEN", "MISCONFIGURED", "CLIENT_FULL", "NOT_FOUND"] as const)("%s is the end", (code) => {
    expect(comeBackAfter(new RefusedError(wireError(code), 400), now)).toBeUndefined();
  });

  test.each(["UNAVAILABLE", "SLOW_DOWN", "INTERNAL"] as const)("%s is not", (code) => {
    expect(comeBackAfter(new RefusedError(wireError(code), 503), now)).toBe(250);
  });

  test("what is not temporary is the end", () => {
    expect(comeBackAfter(new ConnectionError("PROTOCOL", ""), now)).toBeUndefined();
    expect(comeBackAfter(new ConnectionError("TIMEOUT", "", { temporary: true }), now)).toBe(250);
  });
});
