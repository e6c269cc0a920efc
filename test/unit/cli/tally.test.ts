import { expect, test } from "vitest";
import { percentiles, Tally } from "../../../src/cli/load/tally.ts";

function sent(count: number): Tally {
  const tally = new Tally(3, 10);
  tally.sent = count;
  return tally;
}

test("a flawless run", () => {
  const tally = sent(2);
  tally.receipt("delivered", 1);
  expect(tally.isComplete).toBe(false);
  tally.arrival(0, 1, 0);
  tally.arrival(0, 2, 1);
  expect(tally.isComplete).toBe(false);
  tally.receipt("stored", 3);
  expect(tally.isComplete).toBe(true);
  expect(tally.verdict()).toEqual({ lost: 0, duplicates: 0, outOfOrder: 0 });
  expect(tally).toMatchObject({ acked: 2, stored: 1, received: 2 });
});

test("what was acked and never came is lost; what was refused is not", () => {
  const tally = sent(3);
  tally.receipt("delivered", 1);
  tally.receipt("delivered", 1);
  tally.refused = 1;
  tally.arrival(0, 1, 0);
  expect(tally.isComplete).toBe(false);
  expect(tally.verdict().lost).toBe(1);
});

test("what comes twice counts once, and as a duplicate", () => {
  const tally = sent(2);
  tally.arrival(0, 1, 1);
  tally.arrival(0, 1, 1);
  expect(tally.received).toBe(1);
  expect(tally.verdict()).toEqual({ lost: 1, duplicates: 1, outOfOrder: 0 });
});

test("order is that of a pair", () => {
  const tally = sent(4);
  tally.arrival(0, 1, 2);
  tally.arrival(0, 2, 1);
  tally.arrival(1, 0, 0);
  expect(tally.verdict().outOfOrder).toBe(0);
  tally.arrival(0, 2, 3);
  expect(tally.verdict().outOfOrder).toBe(0);
  const late = sent(4);
  for (const number of [0, 3, 1, 2]) late.arrival(0, 1, number);
  expect(late.verdict()).toEqual({ lost: 0, duplicates: 0, outOfOrder: 2 });
});

test("percentiles", () => {
  const values = Float64Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentiles(values, [0.5, 0.99, 1])).toEqual([50, 99, 100]);
  expect(percentiles(Float64Array.of(7), [0.5, 0.99, 1])).toEqual([7, 7, 7]);
  expect(percentiles(new Float64Array(), [0.5])).toEqual([0]);
});
