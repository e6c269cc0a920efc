/** What goes in one frame, and how much may be unanswered at once. */
import { expect } from "vitest";
import type { FakeConnection } from "../../support/fake-connection.ts";
import { test } from "./edge-test.ts";

const sizes = ({ frames }: FakeConnection) => frames.map((frame) => (JSON.parse(frame) as unknown[]).length ?? 1);

test("what one tick sends goes in one frame, a message alone in no array", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  await Promise.all([1, 2, 3].map((payload) => allspark.send({ to: "bob", payload })));
  await allspark.send({ to: "bob", payload: 4 });
  expect(sizes(edge.connection)).toEqual([3, 1]);
});

test("at most 256 messages are unanswered; the next goes when one is answered", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  await allspark.connect();
  const sent = Array.from({ length: 600 }, (_, payload) => allspark.send({ to: "bob", payload }));
  await edge.until(() => edge.received.length >= 256, "the window");
  edge.connection.ack(edge.received[0]!.id!);
  await edge.until(() => edge.received.length >= 257, "one more");
  // Whatever had come beyond would stand before this answer.
  await sent[0];
  expect(edge.received).toHaveLength(257);
  edge.onMessage = () => "ack";
  for (const { id } of edge.received.slice(1)) edge.connection.ack(id!);
  await Promise.all(sent);
  expect(edge.received.map(({ payload }) => payload)).toEqual(Array.from({ length: 600 }, (_, i) => i));
});

test("at most 1 MiB is unanswered, but a larger message goes alone", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  await allspark.connect();
  const sent = Array.from({ length: 5 }, () => allspark.send({ to: "bob", payload: "x".repeat(300_000) }));
  const large = allspark.send({ to: "bob", payload: "y".repeat(1024 * 1024 - 100) });
  await edge.until(() => edge.received.length === 3, "three of 300,000");
  edge.connection.ack(edge.received[0]!.id!);
  await edge.until(() => edge.received.length === 4, "a fourth");
  for (let i = 1; i < 5; i++) {
    await edge.until(() => edge.received.length > i, `number ${i}`);
    expect(edge.received.length).toBeLessThanOrEqual(5);
    edge.connection.ack(edge.received[i]!.id!);
  }
  await Promise.all(sent);
  await edge.until(() => edge.received.length === 6, "the large one");
  edge.connection.ack(edge.received[5]!.id!);
  await large;
});

test("frames stay below what the edge takes, in bytes", async ({ edge, client }) => {
  edge.maxFrameBytes = 4_000;
  const allspark = client();
  await allspark.connect();
  const payload = "€".repeat(300);
  await Promise.all(Array.from({ length: 20 }, () => allspark.send({ to: "bob", payload })));
  // The edge holds a frame of more bytes against the client.
  expect(edge.connection.frames.length).toBeGreaterThan(5);
  expect(edge.taken).toHaveLength(20);
});

test("a message that no frame can hold is refused, bytes counted and not characters", async ({ edge, client }) => {
  edge.maxFrameBytes = 3_000;
  const allspark = client();
  await allspark.connect();
  const tooLarge = { name: "AllsparkError", code: "TOO_LARGE", temporary: false };
  await expect(allspark.send({ to: "bob", payload: "x".repeat(3_000) })).rejects.toMatchObject(tooLarge);
  await expect(allspark.send({ to: "bob", payload: "€".repeat(1_000) })).rejects.toMatchObject(tooLarge);
  await allspark.send({ to: "bob", payload: "€".repeat(900) });
  await allspark.send({ to: "bob", payload: "x".repeat(2_900) });
  expect(edge.taken).toHaveLength(2);
});

test("before the edge has said what it takes, a message may have 1 MiB", async ({ edge, client }) => {
  const allspark = client();
  await expect(allspark.send({ to: "bob", payload: "x".repeat(1024 * 1024) })).rejects.toMatchObject({
    code: "TOO_LARGE",
  });
  const sent = allspark.send({ to: "bob", payload: "x".repeat(1024 * 1024 - 100) });
  await allspark.connect();
  await sent;
  expect(edge.taken).toHaveLength(1);
});
