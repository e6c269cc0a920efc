/** Acks: of what the app has taken, cumulative, at once for a lone message and else at most every 20 ms or 64 messages. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, payload) => ({ payload }));

test("a lone message is acked at once", async ({ edge, client }) => {
  const allspark = client();
  const times: number[] = [];
  allspark.on("message", () => void times.push(performance.now()));
  const send = allspark.send.bind(allspark);
  await allspark.connect();
  edge.deliver({ payload: 1 });
  await expect.poll(() => times.length).toBe(1);
  // What is sent now comes behind the ack, so it was not held back.
  await send({ to: "bob" });
  const [first, second] = edge.connection.frames;
  expect(JSON.parse(first!)).toEqual({ type: -6, payload: { seq: 1 } });
  expect(second).toContain("bob");
});

test("a frame of many is one ack", async ({ edge, client }) => {
  const allspark = client();
  allspark.on("message", () => {});
  await allspark.connect();
  edge.deliver(...numbered(200));
  await edge.until(() => edge.connection.acks.includes(200), "the ack");
  expect(edge.connection.acks).toEqual([200]);
});

test("many frames are acked together", async ({ edge, client }) => {
  const allspark = client();
  allspark.on("message", () => {});
  await allspark.connect();
  for (const message of numbered(500)) edge.deliver(message);
  await edge.until(() => edge.connection.acks.includes(500), "the last ack");
  // The edge holds more than one in 20 ms or 64 messages against the client.
  expect(edge.connection.acks[0]).toBeLessThan(500);
  expect(edge.connection.acks.length).toBeLessThan(100);
});

test("what the handler is not through with is not acked", async ({ edge, client }) => {
  const allspark = client();
  const goOn: (() => void)[] = [];
  allspark.on("message", () => new Promise<void>((resolve) => goOn.push(resolve)));
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  await expect.poll(() => goOn.length).toBe(1);
  await allspark.send({ to: "bob" });
  expect(edge.connection.acks).toEqual([]);
  goOn[0]!();
  await edge.until(() => edge.connection.acks.length > 0, "the ack");
  await allspark.send({ to: "bob" });
  expect(edge.connection.acks).toEqual([1]);
  goOn[1]!();
  await edge.until(() => edge.connection.acks.includes(2), "the second ack");
});

test("close() acks what was taken, and not what was not", async ({ edge, client }) => {
  const allspark = client();
  let taken = 0;
  allspark.on("message", ({ payload }) => {
    if (payload === "wait") return new Promise<void>(() => {});
    taken++;
    return undefined;
  });
  await allspark.connect();
  edge.deliver({ payload: 1 });
  edge.deliver({ payload: 2 });
  edge.deliver({ payload: 3 });
  edge.deliver({ payload: "wait" });
  await expect.poll(() => taken).toBe(3);
  await allspark.close();
  await edge.until(() => edge.connection.closeCode !== undefined, "the close");
  expect(edge.connection.acks.at(-1)).toBe(3);
});

test("what was taken and not acked when the connection broke counts as taken by the cursor", async ({
  edge,
  client,
}) => {
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => {
    got.push(payload);
    if (payload === 2) edge.connections[0]!.cut();
  });
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  expect((await edge.connected(2)).resume).toEqual({ epoch: "epoch1", seq: 2 });
  edge.deliver({ payload: 3 });
  await expect.poll(() => got).toEqual([1, 2, 3]);
});

test("volatile messages are not acked", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload, isVolatile }) => void got.push([payload, isVolatile]));
  await allspark.connect();
  edge.connection.send({ src_id: "bob", payload: 1, volatile: true });
  edge.deliver({ payload: 2 });
  await edge.until(() => edge.connection.acks.length > 0, "an ack");
  expect(got).toEqual([
    [1, true],
    [2, false],
  ]);
  expect(edge.connection.acks).toEqual([1]);
});
