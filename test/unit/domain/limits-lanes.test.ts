/** The lanes of an object as they are wired: the real limits of docs/protocol.md, written out here. */
import { afterEach, expect, test, vi } from "vitest";
import type { LaneAnswer, LaneBatch, LaneMessage, LaneStatus } from "../../../src/domain/lane.ts";
import { Lanes } from "../../../src/durable/lanes.ts";
import { settled } from "./lane-port.ts";

const MI = 1_048_576;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lanes of one node to destinations that answer when they are told to. */
function setup() {
  const lanes = new Lanes();
  const calls: { batch: LaneBatch; answer: (status: LaneStatus) => Promise<void>; fail: () => void }[] = [];
  const deliver = (batch: LaneBatch) => {
    const { promise, resolve, reject } = Promise.withResolvers<LaneAnswer>();
    const answer = (statuses: LaneStatus) => (resolve({ statuses }), settled());
    calls.push({ batch, answer, fail: () => reject(new Error("the destination is down")) });
    return promise;
  };
  const outcomes: LaneStatus[] = [];
  let count = 0;
  const offer = ({ dest = "b", chars = 1 } = {}): boolean => {
    const message: LaneMessage = { id: `m${count++}`, tail: "x".repeat(chars), expiresAt: 0, volatile: false };
    return lanes.offer(
      "a",
      dest,
      () => ({ deliver }),
      message,
      (status) => outcomes.push(status),
    );
  };
  /** How many of so many offers were taken. */
  const taken = (times: number, options?: { dest?: string; chars?: number }) =>
    Array.from({ length: times }, () => offer(options)).filter(Boolean).length;
  return { lanes, calls, offer, taken, outcomes, sizes: () => calls.map(({ batch }) => batch.messages.length) };
}

test("256 messages leave in one call, the next in another", () => {
  const { lanes, taken, sizes } = setup();
  taken(256);
  lanes.flush();
  expect(sizes()).toEqual([256]);
  taken(257);
  lanes.flush();
  expect(sizes()).toEqual([256, 256, 1]);
});

test("512 Ki chars leave in one call, with one more in two", () => {
  const { lanes, offer, sizes } = setup();
  for (const chars of [262_144, 262_144]) offer({ chars });
  lanes.flush();
  expect(sizes()).toEqual([2]);
  for (const chars of [262_144, 262_145]) offer({ chars });
  lanes.flush();
  expect(sizes()).toEqual([2, 1, 1]);
});

test("4 calls are in flight at once; more leave at the end of the tick, up to 64", async () => {
  const { lanes, calls, offer } = setup();
  for (let i = 0; i < 5; i++) {
    offer();
    lanes.flush();
  }
  expect(calls).toHaveLength(4);
  lanes.flushAll();
  expect(calls).toHaveLength(5);
  for (let i = 0; i < 60; i++) {
    offer();
    lanes.flushAll();
  }
  expect(calls).toHaveLength(64);
  await calls[0]!.answer("delivered");
  expect(calls).toHaveLength(65);
});

test("a lane holds 2,048 messages, in flight included", async () => {
  const { lanes, calls, taken } = setup();
  expect(taken(2_049)).toBe(2_048);
  lanes.flushAll();
  expect(taken(1)).toBe(0);
  expect(taken(1, { dest: "c" })).toBe(1);
  await calls[0]!.answer("delivered");
  expect(taken(257)).toBe(256);
});

test("a lane holds 8 Mi chars", async () => {
  const { lanes, calls, taken } = setup();
  expect(taken(8, { chars: MI })).toBe(8);
  expect(taken(1)).toBe(0);
  expect(taken(1, { dest: "c" })).toBe(1);
  lanes.flushAll();
  await calls.find(({ batch }) => batch.messages[0]!.tail.length === MI)!.answer("delivered");
  expect(taken(2, { chars: MI })).toBe(1);
});

test("all lanes together hold 32 Mi chars", async () => {
  const { lanes, calls, taken } = setup();
  for (const dest of ["b", "c", "d", "e"]) expect(taken(8, { dest, chars: MI })).toBe(8);
  expect(taken(1, { dest: "f" })).toBe(0);
  lanes.flushAll();
  await calls[0]!.answer("delivered");
  expect(taken(1, { dest: "f", chars: MI })).toBe(1);
  expect(taken(1, { dest: "f" })).toBe(0);
});

test.each([
  [29_999, undefined],
  [30_000, "UNAVAILABLE"],
])("a destination that has failed for %d ms: %s", async (failedForMs, outcome) => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout"], now: 0 });
  // No pause before a further attempt.
  vi.spyOn(Math, "random").mockReturnValue(0);
  const { lanes, calls, offer, outcomes } = setup();
  offer();
  lanes.flush();
  const failedAt = Date.now();
  calls[0]!.fail();
  await settled();
  await vi.advanceTimersToNextTimerAsync();
  expect(calls).toHaveLength(2);
  vi.setSystemTime(failedAt + failedForMs);
  calls[1]!.fail();
  await settled();
  expect(outcomes).toEqual(outcome === undefined ? [] : [outcome]);
});
