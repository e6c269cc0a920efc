/** What leaves together on a lane, and how much it may hold. */
import { expect, test } from "vitest";
import { lane } from "./lane-port.ts";

test("a lone message leaves at once, and the lane is idle when it is answered", async () => {
  const { port, sender, outcomes, offer } = lane();
  expect(sender.idle).toBe(true);
  expect(offer("1", { bytes: 7 })).toBe(true);
  expect(port.calls).toEqual([]);
  expect([sender.idle, sender.bytes]).toEqual([false, 7]);
  sender.flush();
  expect(port.calls[0]!.batch).toEqual({
    lane: "life lane",
    src: "src",
    first: 0,
    start: true,
    messages: [{ id: "1", tail: "xxxxxxx", expiresAt: 0, volatile: false }],
  });
  await port.calls[0]!.answer("stored");
  expect(outcomes).toEqual({ 1: ["stored"] });
  expect([sender.idle, sender.bytes]).toEqual([true, 0]);
});

test("so many batches are in flight; what comes meanwhile leaves together, naming its predecessor", async () => {
  const { port, sender, offer } = lane();
  for (const id of ["1", "2", "3", "4"]) {
    offer(id);
    sender.flush();
  }
  expect(port.sent).toEqual([["1"], ["2"]]);
  await port.calls[0]!.answer("delivered");
  expect(port.sent).toEqual([["1"], ["2"], ["3", "4"]]);
  expect(port.calls.map(({ batch }) => [batch.first, batch.start])).toEqual([
    [0, true],
    [1, false],
    [2, false],
  ]);
  await port.calls[1]!.answer("delivered");
  await port.calls[2]!.answer("delivered");
  offer("5");
  sender.flush();
  expect(port.calls[3]!.batch).toMatchObject({ first: 4, start: true });
});

test("past the eager batches messages gather until the end of the tick, and then leave together", () => {
  const { port, sender, offer } = lane({ eagerInFlight: 1, inFlight: 3 });
  for (const id of ["1", "2", "3"]) {
    offer(id);
    sender.flush();
  }
  expect(port.sent).toEqual([["1"]]);
  sender.flushAll();
  expect(port.sent).toEqual([["1"], ["2", "3"]]);
  offer("4");
  sender.flush();
  expect(port.sent).toHaveLength(2);
  sender.flushAll();
  offer("5");
  sender.flushAll();
  // As many as may be in flight at all.
  expect(port.sent).toEqual([["1"], ["2", "3"], ["4"]]);
});

test("an answer lets what gathered leave, past the eager batches too", async () => {
  const { port, sender, offer } = lane({ eagerInFlight: 1, inFlight: 3 });
  offer("1");
  sender.flush();
  offer("2");
  sender.flushAll();
  for (const id of ["3", "4", "5", "6", "7"]) offer(id);
  sender.flush();
  expect(port.sent).toEqual([["1"], ["2"]]);
  await port.calls[1]!.answer("delivered");
  expect(port.sent).toEqual([["1"], ["2"], ["3", "4", "5"], ["6", "7"]]);
  expect(port.calls.map(({ batch }) => batch.start)).toEqual([true, false, false, false]);
});

test("a batch holds so many messages and so many bytes, a larger message goes alone", async () => {
  const { port, sender, offer } = lane({ inFlight: 10 });
  for (const id of ["1", "2", "3", "4"]) offer(id);
  sender.flush();
  for (const [id, bytes] of [
    ["5", 60],
    ["6", 40],
    ["7", 1],
    ["8", 500],
    ["9", 1],
  ] as const)
    offer(id, { bytes });
  sender.flush();
  expect(port.sent).toEqual([["1", "2", "3"], ["4"], ["5", "6"], ["7"], ["8"], ["9"]]);
});

test("each message has its own status, or all have one", async () => {
  const { port, sender, outcomes, offer } = lane();
  for (const id of ["1", "2", "3", "4"]) offer(id);
  sender.flush();
  await port.calls[0]!.answer({ statuses: ["stored", "INBOX_FULL", "delivered"] });
  await port.calls[1]!.answer("offline");
  expect(outcomes).toEqual({ 1: ["stored"], 2: ["INBOX_FULL"], 3: ["delivered"], 4: ["offline"] });
});

test("answers may come in any order", async () => {
  const { port, sender, outcomes, offer } = lane();
  for (const id of ["1", "2", "3", "4"]) offer(id);
  sender.flush();
  await port.calls[1]!.answer("delivered");
  expect(outcomes).toEqual({ 4: ["delivered"] });
  offer("5");
  sender.flush();
  expect(port.calls[2]!.batch).toMatchObject({ first: 4, start: false });
  await port.calls[0]!.answer("delivered");
  await port.calls[2]!.answer("delivered");
  expect(sender.idle).toBe(true);
});

test("a lane holds so many messages, in flight included", async () => {
  const { port, sender, offer } = lane({ messages: 5 });
  for (const id of ["1", "2", "3"]) offer(id);
  sender.flush();
  expect(offer("4")).toBe(true);
  expect(offer("5")).toBe(true);
  expect(offer("6")).toBe(false);
  sender.flush();
  expect(offer("6")).toBe(false);
  await port.calls[0]!.answer("delivered");
  expect(["6", "7", "8", "9"].map((id) => offer(id))).toEqual([true, true, true, false]);
});

test("a lane holds so many bytes, or one larger message alone", async () => {
  const { port, sender, offer } = lane({ bytes: 100 });
  expect(offer("1", { bytes: 60 })).toBe(true);
  expect(offer("2", { bytes: 41 })).toBe(false);
  expect(offer("3", { bytes: 40 })).toBe(true);
  expect(offer("4", { bytes: 1 })).toBe(false);
  sender.flush();
  expect(port.sent).toEqual([["1", "3"]]);
  await port.calls[0]!.answer("delivered");
  expect(offer("5", { bytes: 5_000 })).toBe(true);
  expect(sender.bytes).toBe(5_000);
  expect(offer("6", { bytes: 0 })).toBe(false);
});

test("what was refused is never settled", async () => {
  const { port, sender, outcomes, offer } = lane({ messages: 1 });
  offer("1");
  offer("2");
  sender.flush();
  await port.calls[0]!.answer("delivered");
  sender.flush();
  expect(outcomes).toEqual({ 1: ["delivered"] });
  expect(port.sent).toEqual([["1"]]);
});

test("what ran out while it waited is not sent", async () => {
  const { port, sender, outcomes, offer } = lane({ inFlight: 1 });
  offer("1");
  sender.flush();
  offer("2", { expiresAt: port.time + 5 });
  offer("3", { expiresAt: port.time + 6 });
  offer("4");
  await port.pass(5);
  await port.calls[0]!.answer("delivered");
  expect(outcomes).toEqual({ 1: ["delivered"], 2: ["EXPIRED"] });
  expect(port.sent).toEqual([["1"], ["3", "4"]]);
  expect(port.calls[1]!.batch).toMatchObject({ first: 1, start: true });
});
