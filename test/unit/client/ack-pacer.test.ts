/** When acks go out, by a clock that the test holds. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AckPacer } from "../../../src/client/ack-pacer.ts";

let acks: [at: number, seq: number][];
let pacer: AckPacer;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  acks = [];
  pacer = new AckPacer((seq) => acks.push([Date.now() - 1_000_000, seq]));
});

afterEach(() => vi.useRealTimers());

test("the first goes at once, the next after 20 ms, for all that came until then", () => {
  pacer.owes(1, 1);
  vi.advanceTimersByTime(5);
  pacer.owes(2, 1);
  pacer.owes(3, 1);
  vi.advanceTimersByTime(100);
  expect(acks).toEqual([
    [0, 1],
    [20, 3],
  ]);
});

test("64 messages are not kept waiting", () => {
  pacer.owes(1, 1);
  for (let seq = 2; seq <= 70; seq++) pacer.owes(seq, 1);
  expect(acks).toEqual([
    [0, 1],
    [0, 65],
  ]);
  vi.advanceTimersByTime(20);
  expect(acks.at(-1)).toEqual([20, 70]);
});

test("a clock that is put back holds nothing back", () => {
  pacer.owes(1, 1);
  vi.setSystemTime(0);
  pacer.owes(2, 1);
  expect(acks.map(([, seq]) => seq)).toEqual([1, 2]);
});

test("after reset() nothing that was owed goes out", () => {
  pacer.owes(1, 1);
  pacer.owes(2, 1);
  pacer.reset();
  vi.advanceTimersByTime(100);
  expect(acks).toHaveLength(1);
});
