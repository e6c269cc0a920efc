/** The receiving end of lanes: each lane in order, without a hole. */
import { expect, test } from "vitest";
import { LaneReceiver } from "../../../src/domain/lane-receiver.ts";

const batch = (first: number, length: number, change: { start?: boolean; lane?: string } = {}) => ({
  lane: "l",
  first,
  start: false,
  messages: { length },
  ...change,
});

test("a lane starts where its sender says, and goes on without a hole", () => {
  const receiver = new LaneReceiver(10);
  expect(receiver.take(batch(0, 3, { start: true }))).toBe(true);
  expect(receiver.take(batch(3, 2))).toBe(true);
  expect(receiver.take(batch(6, 1))).toBe(false);
  expect(receiver.take(batch(4, 1))).toBe(false);
  expect(receiver.take(batch(3, 2))).toBe(false);
  // What was not taken leaves no trace.
  expect(receiver.take(batch(5, 1))).toBe(true);
});

test("a batch whose predecessor is unknown here is not taken", () => {
  const receiver = new LaneReceiver(10);
  expect(receiver.take(batch(3, 2))).toBe(false);
  expect(receiver.take(batch(0, 2))).toBe(false);
  expect(receiver.take(batch(7, 2, { start: true }))).toBe(true);
  expect(receiver.take(batch(9, 2))).toBe(true);
});

test("a lane may start again at any place", () => {
  const receiver = new LaneReceiver(10);
  receiver.take(batch(0, 5, { start: true }));
  expect(receiver.take(batch(2, 1, { start: true }))).toBe(true);
  expect(receiver.take(batch(5, 1))).toBe(false);
  expect(receiver.take(batch(3, 1))).toBe(true);
});

test("lanes do not know of each other", () => {
  const receiver = new LaneReceiver(10);
  receiver.take(batch(0, 5, { start: true }));
  expect(receiver.take(batch(5, 1, { lane: "m" }))).toBe(false);
  expect(receiver.take(batch(5, 1))).toBe(true);
});

test("past its bound it forgets the lane unused for longest, which then has to start again", () => {
  const receiver = new LaneReceiver(2);
  receiver.take(batch(0, 1, { lane: "a", start: true }));
  receiver.take(batch(0, 1, { lane: "b", start: true }));
  expect(receiver.take(batch(1, 1, { lane: "a" }))).toBe(true);
  receiver.take(batch(0, 1, { lane: "c", start: true }));
  expect(receiver.take(batch(1, 1, { lane: "b" }))).toBe(false);
  expect(receiver.take(batch(2, 1, { lane: "a" }))).toBe(true);
  expect(receiver.take(batch(1, 1, { lane: "c" }))).toBe(true);
  expect(receiver.take(batch(1, 1, { lane: "b", start: true }))).toBe(true);
});
