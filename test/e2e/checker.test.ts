/** The judge of the other tests must itself be able to say no. */
import { expect, test } from "vitest";
import { FLAWLESS, Ledger } from "../support/checker.ts";

function judge(sent: string[], received: string[]): ReturnType<Ledger["verdict"]> {
  const ledger = new Ledger();
  for (const id of sent) ledger.sent("a", "b", id);
  for (const id of received) ledger.received("a", "b", id);
  return ledger.verdict();
}

test.each([
  { name: "all in order", received: ["1", "2", "3"], want: {} },
  { name: "one lost", received: ["1", "3"], want: { lost: ["a → b: 2"] } },
  { name: "the last lost", received: ["1", "2"], want: { lost: ["a → b: 3"] } },
  { name: "one doubled", received: ["1", "2", "2", "3"], want: { doubled: ["a → b: 2"] } },
  { name: "two swapped", received: ["2", "1", "3"], want: { outOfOrder: ["a → b: 1"] } },
  { name: "one invented", received: ["1", "2", "9", "3"], want: { invented: ["a → b: 9"] } },
])("$name", ({ received, want }) => {
  expect(judge(["1", "2", "3"], received)).toEqual({ ...FLAWLESS, ...want });
});

test("pairs are judged apart", () => {
  const ledger = new Ledger();
  ledger.sent("a", "b", "1");
  ledger.sent("a", "c", "2");
  ledger.received("a", "c", "2");
  ledger.received("a", "b", "1");
  expect(ledger.verdict()).toEqual(FLAWLESS);
  ledger.received("d", "b", "1");
  expect(ledger.verdict().invented).toEqual(["d → b: 1"]);
});
