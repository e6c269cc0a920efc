/** Volatile messages: now or not at all. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

test("sent at once, without an id, behind what was sent before it", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const first = allspark.send({ to: "bob", payload: 1 });
  expect(await allspark.send({ to: "bob", payload: 2, volatile: true })).toEqual({ id: undefined, status: "sent" });
  await first;
  await edge.until(() => edge.received.length === 2, "both");
  expect(edge.received.map(({ payload }) => payload)).toEqual([1, 2]);
  expect(edge.received[1]!.raw).toEqual({ dest_id: "bob", payload: 2, volatile: true });
});

test("dropped where there is no connection, and not sent later", async ({ edge, client }) => {
  const allspark = client();
  expect(await allspark.send({ to: "bob", volatile: true })).toEqual({ id: undefined, status: "dropped" });
  await allspark.connect();
  await allspark.send({ to: "bob" });
  expect(edge.received).toHaveLength(1);
});

test("dropped where something sent before it still waits for room", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  await allspark.connect();
  const sent = Array.from({ length: 257 }, () => allspark.send({ to: "bob" }));
  expect(await allspark.send({ to: "bob", payload: "v", volatile: true })).toMatchObject({ status: "dropped" });
  await edge.until(() => edge.received.length === 256, "a full window");
  edge.onMessage = () => "ack";
  for (const { id } of edge.received) edge.connection.ack(id!);
  await Promise.all(sent);
  expect(edge.received).toHaveLength(257);
});
