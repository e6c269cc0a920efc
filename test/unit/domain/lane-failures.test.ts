/** What a lane does when its destination fails, forgets, or answers nothing. */
import { expect, test } from "vitest";
import { lane, LANE_LIMITS } from "./lane-port.ts";

test("after a failure everything in flight is awaited, then sent again from the oldest unsettled on", async () => {
  const { port, sender, outcomes, offer } = lane();
  for (const id of ["1", "2", "3", "4", "5"]) offer(id);
  sender.flush();
  expect(port.sent).toEqual([
    ["1", "2", "3"],
    ["4", "5"],
  ]);
  await port.calls[0]!.fail();
  offer("6");
  sender.flush();
  expect(port.calls).toHaveLength(2);
  await port.calls[1]!.answer({ resync: true });
  await port.pass(LANE_LIMITS.retryMs);
  expect(port.sent.slice(2)).toEqual([
    ["1", "2", "3"],
    ["4", "5", "6"],
  ]);
  expect(port.calls[2]!.batch).toMatchObject({ first: 5, start: true });
  expect(port.calls[3]!.batch).toMatchObject({ first: 8, start: false });
  await port.calls[2]!.answer("delivered");
  await port.calls[3]!.answer("delivered");
  expect(Object.values(outcomes)).toEqual(Array.from({ length: 6 }, () => ["delivered"]));
  expect(sender.idle).toBe(true);
});

test("batches that come back in the wrong order are put right", async () => {
  const { port, sender, offer } = lane({ inFlight: 3, batchMessages: 1 });
  for (const id of ["1", "2", "3"]) offer(id);
  sender.flush();
  await port.calls[2]!.answer({ resync: true });
  await port.calls[0]!.answer({ resync: true });
  await port.calls[1]!.answer({ resync: true });
  expect(port.sent.slice(3)).toEqual([["1"], ["2"], ["3"]]);
});

test("what was taken is not sent again", async () => {
  const { port, sender, outcomes, offer } = lane();
  for (const id of ["1", "2", "3", "4"]) offer(id);
  sender.flush();
  await port.calls[1]!.answer({ resync: true });
  await port.calls[0]!.answer("stored");
  expect(outcomes).toEqual({ 1: ["stored"], 2: ["stored"], 3: ["stored"] });
  expect(port.sent[2]).toEqual(["4"]);
});

test("a destination that has forgotten is asked again at once, one that failed after a pause", async () => {
  const { port, sender, offer } = lane();
  offer("1");
  sender.flush();
  await port.calls[0]!.answer({ resync: true });
  expect(port.calls).toHaveLength(2);
  expect(port.pauses).toEqual([]);
  await port.calls[1]!.fail();
  expect(port.calls).toHaveLength(2);
  offer("2");
  sender.flush();
  expect(port.calls).toHaveLength(2);
  expect(port.pauses).toEqual([100]);
  await port.pass(99);
  expect(port.calls).toHaveLength(2);
  await port.pass(1);
  expect(port.sent[2]).toEqual(["1", "2"]);
});

test("pauses grow with each failure, and start anew after a success", async () => {
  const { port, sender, offer } = lane({ retryMs: 1e9 });
  offer("1");
  sender.flush();
  for (let i = 0; i < 8; i++) {
    await port.calls[i]!.fail();
    await port.pass(10_000);
  }
  expect(port.pauses).toEqual([100, 200, 400, 800, 1_600, 2_500, 2_500, 2_500]);
  await port.calls[8]!.answer("delivered");
  offer("2");
  sender.flush();
  await port.calls[9]!.fail();
  expect(port.pauses.at(-1)).toBe(100);
});

test("a destination that fails for retryMs is given up, and what waits is refused", async () => {
  const { port, sender, outcomes, offer } = lane({ inFlight: 1 });
  offer("1");
  sender.flush();
  await port.calls[0]!.fail();
  await port.pass(LANE_LIMITS.retryMs - 1);
  offer("2");
  await port.calls[1]!.fail();
  expect(outcomes).toEqual({});
  await port.pass(LANE_LIMITS.retryMs);
  offer("3");
  sender.flush();
  await port.calls[2]!.fail();
  expect(outcomes).toEqual({ 1: ["UNAVAILABLE"], 2: ["UNAVAILABLE"], 3: ["UNAVAILABLE"] });
  expect(sender.idle).toBe(true);
});

test("after giving up, the lane tries again for what comes next", async () => {
  const { port, sender, outcomes, offer } = lane();
  offer("1");
  sender.flush();
  await port.calls[0]!.fail();
  await port.pass(LANE_LIMITS.retryMs);
  await port.calls[1]!.fail();
  expect(outcomes).toEqual({ 1: ["UNAVAILABLE"] });
  offer("2");
  sender.flush();
  await port.calls[2]!.fail();
  expect(outcomes["2"]).toBeUndefined();
  await port.pass(LANE_LIMITS.retryMs - 1);
  await port.calls[3]!.answer("stored");
  expect(outcomes["2"]).toEqual(["stored"]);
});

test("volatile messages are not sent a second time, those beside them are", async () => {
  const { port, sender, outcomes, offer } = lane();
  offer("1", { volatile: true });
  offer("2");
  offer("3", { volatile: true });
  sender.flush();
  await port.calls[0]!.answer({ resync: true });
  expect(outcomes).toEqual({ 1: ["dropped"], 3: ["dropped"] });
  expect(port.sent).toEqual([["1", "2", "3"], ["2"]]);
});

test("what runs out during a pause is settled when the pause is over", async () => {
  const { port, sender, outcomes, offer } = lane();
  offer("1", { expiresAt: port.time + 50 });
  offer("2");
  sender.flush();
  await port.calls[0]!.fail();
  await port.pass(100);
  expect(outcomes).toEqual({ 1: ["EXPIRED"] });
  expect(port.sent[1]).toEqual(["2"]);
});

test("a port that throws is a destination that fails", async () => {
  const { port, sender, outcomes, offer } = lane();
  const { deliver } = port;
  port.deliver = () => {
    throw new Error("no stub");
  };
  offer("1");
  sender.flush();
  await port.pass(0);
  expect(port.pauses).toEqual([100]);
  port.deliver = deliver;
  await port.pass(100);
  await port.calls[0]!.answer("delivered");
  expect(outcomes).toEqual({ 1: ["delivered"] });
});

test.each([
  ["a volatile message", { volatile: true }],
  ["a message that ran out", { expiresAt: 1_000_050 }],
])("a failure of long ago, with %s alone, does not count against what comes later", async (_, change) => {
  const { port, sender, outcomes, offer } = lane();
  offer("1", change);
  sender.flush();
  await port.calls[0]!.fail();
  await port.pass(3_600_000);
  expect(sender.idle).toBe(true);
  offer("2");
  sender.flush();
  await port.calls[1]!.fail();
  // It has been tried once: a failing destination is tried for retryMs.
  expect(outcomes["2"]).toBeUndefined();
});
