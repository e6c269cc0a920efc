/** The queue is bounded: "full", QueueFullError, "drain". */
import { expect } from "vitest";
import { rejectionOf, test } from "./edge-test.ts";

test("past maxQueuedMessages send() refuses; half empty, it takes again", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client({ maxQueuedMessages: 4 });
  const told: string[] = [];
  allspark.on("full", () => told.push("full"));
  allspark.on("drain", () => told.push("drain"));
  await allspark.connect();
  const sent = [1, 2, 3, 4].map((payload) => allspark.send({ to: "bob", payload }));
  const full = { name: "QueueFullError", code: "QUEUE_FULL", temporary: true };
  await expect(allspark.send({ to: "bob" })).rejects.toMatchObject(full);
  await expect(allspark.send({ to: "bob" })).rejects.toMatchObject(full);
  expect(told).toEqual(["full"]);
  await edge.until(() => edge.received.length === 4, "all four");
  edge.connection.ack(edge.received[0]!.id!);
  await sent[0];
  expect(told).toEqual(["full"]);
  edge.connection.ack(edge.received[1]!.id!);
  await sent[1];
  expect(told).toEqual(["full", "drain"]);
  sent.push(allspark.send({ to: "bob" }));
  edge.onMessage = () => "ack";
  for (const { id } of edge.received.slice(2)) edge.connection.ack(id!);
  await Promise.all(sent);
});

test("past maxQueuedBytes, too", async ({ client }) => {
  const allspark = client({ maxQueuedBytes: 1_000 });
  const sent = allspark.send({ to: "bob", payload: "x".repeat(800) });
  await expect(allspark.send({ to: "bob", payload: "x".repeat(200) })).rejects.toMatchObject({ code: "QUEUE_FULL" });
  await allspark.connect();
  await sent;
  expect(await allspark.send({ to: "bob", payload: "x".repeat(200) })).toMatchObject({ status: "delivered" });
});

test("who waits for drain is told when the client is closed", async ({ client }) => {
  const allspark = client({ maxQueuedMessages: 1 });
  const drained = new Promise<void>((resolve) => allspark.on("drain", resolve));
  const sent = rejectionOf(allspark.send({ to: "bob" }));
  await expect(allspark.send({ to: "bob" })).rejects.toMatchObject({ code: "QUEUE_FULL" });
  await allspark.close();
  await drained;
  expect(await sent).toMatchObject({ code: "CLOSED" });
  await expect(allspark.send({ to: "bob" })).rejects.toMatchObject({ code: "CLOSED" });
});

test("a message that no empty queue would take is refused for good", async ({ client }) => {
  const allspark = client({ maxQueuedBytes: 1_000 });
  const told: string[] = [];
  allspark.on("full", () => told.push("full"));
  const tooLarge = { code: "TOO_LARGE", temporary: false };
  await expect(allspark.send({ to: "bob", payload: "x".repeat(1_000) })).rejects.toMatchObject(tooLarge);
  expect(told).toEqual([]);
});
