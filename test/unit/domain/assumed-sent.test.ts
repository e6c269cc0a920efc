/** What a classic socket took in the last seconds. */
import { expect, test } from "vitest";
import { AssumedSent } from "../../../src/domain/assumed-sent.ts";
import { accepted } from "./accepted.ts";

const WIDE = { ms: 10_000, messages: 1_000, bytes: 1_000_000 };
const ids = (sent: AssumedSent, now: number) => sent.drain(now).map(({ id }) => id);

test("messages are remembered for so long, to the ms", () => {
  const sent = new AssumedSent(WIDE);
  sent.add(accepted("1"), 1_000);
  sent.add(accepted("2"), 1_001);
  expect(ids(sent, 11_000)).toEqual(["1", "2"]);
  sent.add(accepted("3"), 1_000);
  sent.add(accepted("4"), 1_001);
  expect(ids(sent, 11_001)).toEqual(["4"]);
});

test("drained, they are gone", () => {
  const sent = new AssumedSent(WIDE);
  sent.add(accepted("1"), 0);
  expect(ids(sent, 0)).toEqual(["1"]);
  expect(ids(sent, 0)).toEqual([]);
});

test("past so many messages the oldest goes", () => {
  const sent = new AssumedSent({ ...WIDE, messages: 3 });
  for (const id of ["1", "2", "3"]) sent.add(accepted(id), 0);
  sent.add(accepted("4"), 0);
  expect(ids(sent, 0)).toEqual(["2", "3", "4"]);
});

test("past so many bytes the oldest go, and a single larger one is not kept", () => {
  const sent = new AssumedSent({ ...WIDE, bytes: 10 });
  const add = (id: string, bytes: number) => sent.add(accepted(id, { tail: "x".repeat(bytes) }), 0);
  add("1", 5);
  add("2", 5);
  expect(ids(sent, 0)).toEqual(["1", "2"]);
  add("3", 5);
  add("4", 5);
  add("5", 1);
  expect(ids(sent, 0)).toEqual(["4", "5"]);
  add("6", 11);
  expect(ids(sent, 0)).toEqual([]);
  add("7", 10);
  expect(ids(sent, 0)).toEqual(["7"]);
});
