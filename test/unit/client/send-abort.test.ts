/** send(…, { signal }): what is given up is not sent again. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

test("an aborted signal rejects, and nothing is queued", async ({ client }) => {
  const allspark = client();
  await allspark.connect();
  const signal = AbortSignal.abort(new Error("no"));
  await expect(allspark.send({ to: "bob" }, { signal })).rejects.toThrow("no");
  expect(allspark.unacked).toBe(0);
});

test("aborted before it left: it never leaves", async ({ edge, client }) => {
  const allspark = client();
  const controller = new AbortController();
  const sent = allspark.send({ to: "bob", payload: 1 }, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(sent).rejects.toThrow("enough");
  await allspark.connect();
  await allspark.send({ to: "bob", payload: 2 });
  expect(edge.received.map(({ payload }) => payload)).toEqual([2]);
});

test("aborted after it left: it is not sent again, and its ack does nothing", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  await allspark.connect();
  const controller = new AbortController();
  const sent = allspark.send({ to: "bob", payload: 1 }, { signal: controller.signal });
  await edge.until(() => edge.received.length === 1, "the message");
  const { id } = edge.received[0]!;
  controller.abort(new Error("enough"));
  await expect(sent).rejects.toThrow("enough");
  edge.onMessage = () => "ack";
  edge.connection.ack(id!);
  await allspark.send({ to: "bob", payload: 2 });
  edge.connection.cut();
  await edge.connected(2);
  await allspark.send({ to: "bob", payload: 3 });
  expect(edge.received.map(({ payload }) => payload)).toEqual([1, 2, 3]);
});

test("aborting makes room in the window", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  await allspark.connect();
  const controller = new AbortController();
  const given = Promise.allSettled(
    Array.from({ length: 256 }, () => allspark.send({ to: "bob" }, { signal: controller.signal })),
  );
  await edge.until(() => edge.received.length === 256, "a full window");
  edge.onMessage = () => "ack";
  const next = allspark.send({ to: "bob", payload: "next" });
  for (const { id } of edge.received) edge.mayLack(id!);
  controller.abort();
  expect(await next).toMatchObject({ status: "delivered" });
  expect((await given).every(({ status }) => status === "rejected")).toBe(true);
});
