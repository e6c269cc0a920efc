/** seq numbers come from blocks reserved in storage. */
import { expect, test } from "vitest";
import { Sequence } from "../../../src/domain/sequence.ts";

/** A sequence over storage that outlives it. */
function storage() {
  const writes: number[] = [];
  return {
    writes,
    start: (block: number) => new Sequence(writes.at(-1) ?? 0, block, (upTo) => writes.push(upTo)),
  };
}

const take = (sequence: Sequence, count: number) => Array.from({ length: count }, sequence.next);

test("seqs start at 1, and a block is written before its first one is given", () => {
  const { writes, start } = storage();
  const sequence = start(4);
  expect(sequence.last).toBe(0);
  expect(writes).toEqual([]);
  expect(sequence.next()).toBe(1);
  expect(writes).toEqual([4]);
  expect(take(sequence, 3)).toEqual([2, 3, 4]);
  expect(writes).toEqual([4]);
  expect(sequence.next()).toBe(5);
  expect(writes).toEqual([4, 8]);
  expect(sequence.last).toBe(5);
});

test("after a restart seqs go on past everything that may have been given", () => {
  const { writes, start } = storage();
  expect(take(start(4), 5)).toEqual([1, 2, 3, 4, 5]);
  const again = start(4);
  expect(again.last).toBe(8);
  expect(writes).toEqual([4, 8]);
  expect(take(again, 2)).toEqual([9, 10]);
  expect(writes).toEqual([4, 8, 12]);
  // A start that gives none writes none.
  start(4);
  start(4);
  expect(writes).toEqual([4, 8, 12]);
});

test("no seq is given where its block cannot be written", () => {
  let full = true;
  const sequence = new Sequence(0, 4, () => {
    if (full) throw new Error("disk full");
  });
  expect(() => sequence.next()).toThrow("disk full");
  expect(sequence.last).toBe(0);
  full = false;
  expect(sequence.next()).toBe(1);
});
