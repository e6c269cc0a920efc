/**
 * A small run of the benchmark: definite delivery beside a relay that promises nothing. Machines are noisy, so the ratio
 * is told, and must be reached only where ALLSPARK_BENCH_STRICT=1 asks for it.
 */
import { expect, test } from "vitest";
import { compare, describeComparison } from "../../bench/compare.ts";

test("both come through with nothing lost, and this is the ratio", { timeout: 240_000 }, async () => {
  const comparison = await compare({
    nodes: 100,
    messages: 15_000,
    warmUpMessages: 5_000,
    windows: [20, 50],
    rounds: 2,
  });
  console.log(describeComparison(comparison));
  expect(comparison.rounds).toHaveLength(8);
  for (const { lost, doubled, refused } of comparison.rounds)
    expect({ lost, doubled, refused }).toEqual({ lost: 0, doubled: 0, refused: 0 });
  const swapped = comparison.rounds.filter(({ peer }) => peer === "allspark").map(({ outOfOrder }) => outOfOrder);
  expect(swapped).toEqual([0, 0, 0, 0]);
  const least = process.env["ALLSPARK_BENCH_STRICT"] === "1" ? 1 : 0;
  if (comparison.best.ratio < least)
    throw new Error(`the ratio is ${comparison.best.ratio.toFixed(2)}, below ${least}`);
});
