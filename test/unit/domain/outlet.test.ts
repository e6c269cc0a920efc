/** The frames of one connection. */
import { expect, test } from "vitest";
import { Outlet } from "../../../src/domain/outlet.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";

function outlet(mode: "v1" | "classic", dead = Infinity) {
  const frames: string[] = [];
  const send = (frame: string) => frames.length < dead && frames.push(frame) > 0;
  return { frames, outlet: new Outlet({ id: "1", mode, openedAt: 0, send, heardAt: () => 0 }, 0) };
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => `{"n":${i}}`);

function messagesOf(frame: string): unknown[] {
  const value = JSON.parse(frame) as unknown;
  return Array.isArray(value) ? value : [value];
}

test("nothing due sends nothing", () => {
  const { frames, outlet: it } = outlet("v1");
  expect(it.flush()).toBe(true);
  expect(frames).toEqual([]);
});

test("all that is due leaves in one frame, once", () => {
  const { frames, outlet: it } = outlet("v1");
  for (const message of numbers(3)) it.write(message);
  expect(frames).toEqual([]);
  expect(it.flush()).toBe(true);
  expect(it.flush()).toBe(true);
  expect(frames).toEqual(['[{"n":0},{"n":1},{"n":2}]']);
});

test.each([1, 255, 256, 257, 512, 513, 1_000])("%d messages go in frames of at most 256, in order", (count) => {
  const { frames, outlet: it } = outlet("v1");
  for (const message of numbers(count)) it.write(message);
  expect(it.flush()).toBe(true);
  expect(frames).toHaveLength(Math.ceil(count / 256));
  const sizes = frames.map((frame) => messagesOf(frame).length);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(256);
  expect(frames.flatMap(messagesOf)).toEqual(numbers(count).map((message) => JSON.parse(message)));
});

test("a frame of several messages is no larger than 1 MiB, brackets included", () => {
  const { frames, outlet: it } = outlet("v1");
  const half = (LIMITS.maxFrameBytes - 3) / 2;
  const message = (length: number) => `{"p":"${"x".repeat(length - 8)}"}`;
  // The first two fill a frame to the byte; two that are one byte larger do not go together.
  for (const length of [Math.floor(half), Math.ceil(half), Math.ceil(half), Math.ceil(half)]) it.write(message(length));
  it.flush();
  expect(frames.map((frame) => messagesOf(frame).length)).toEqual([2, 1, 1]);
  expect(Buffer.byteLength(frames[0]!)).toBe(LIMITS.maxFrameBytes);
});

test("a frame of several messages is no larger than 1 MiB in bytes, whatever the script", () => {
  const { frames, outlet: it } = outlet("v1");
  for (let i = 0; i < 10; i++) it.write(`{"p":"${"字".repeat(100_000)}"}`);
  it.flush();
  expect(frames.flatMap(messagesOf)).toHaveLength(10);
  expect(Math.max(...frames.map((frame) => Buffer.byteLength(frame)))).toBeLessThanOrEqual(LIMITS.maxFrameBytes);
});

test("a message larger than a frame goes alone", () => {
  const { frames, outlet: it } = outlet("v1");
  const large = `{"p":"${"x".repeat(LIMITS.maxFrameBytes)}"}`;
  for (const message of ['{"n":1}', large, '{"n":2}']) it.write(message);
  expect(it.flush()).toBe(true);
  expect(frames).toEqual(['{"n":1}', large, '{"n":2}']);
});

test("a classic connection gets an object a frame", () => {
  const { frames, outlet: it } = outlet("classic");
  for (const message of numbers(300)) it.write(message);
  expect(it.flush()).toBe(true);
  expect(frames).toEqual(numbers(300));
});

test.each(["v1", "classic"] as const)("a %s socket that is gone is noticed at any frame", (mode) => {
  for (const dead of [0, 1]) {
    const { frames, outlet: it } = outlet(mode, dead);
    for (const message of numbers(300)) it.write(message);
    expect(it.flush()).toBe(false);
    expect(frames).toHaveLength(dead);
  }
});
