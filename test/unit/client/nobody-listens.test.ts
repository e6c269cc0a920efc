/** Messages that nobody is there to take wait, unacked; volatile ones within bounds. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

test("nothing is acked before somebody listens", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  await allspark.send({ to: "bob" });
  expect(edge.connection.acks).toEqual([]);
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  expect(got).toEqual([1, 2]);
});

test("a handler that is gone takes nothing", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  const stop = allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  edge.deliver({ payload: 1 });
  await edge.until(() => edge.connection.acks.includes(1), "the ack");
  stop();
  edge.deliver({ payload: 2 });
  await allspark.send({ to: "bob" });
  expect([got, edge.connection.acks]).toEqual([[1], [1]]);
});

test("what waited when the connection broke comes again, once", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  edge.deliver({ id: "a", payload: 1 }, { payload: 2 });
  await allspark.send({ to: "bob" });
  edge.connection.cut();
  const { resume } = await edge.connected(2);
  expect(resume).toEqual({ epoch: "epoch1", seq: 0 });
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  expect(got).toEqual([1, 2]);
});

test("of volatile messages the first thousand wait", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  for (let i = 0; i < 11; i++) {
    edge.connection.send(
      ...Array.from({ length: 100 }, (_, j) => ({ src_id: "bob", volatile: true, payload: 100 * i + j })),
    );
  }
  await allspark.send({ to: "bob" });
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await expect.poll(() => got.length).toBe(1_000);
  expect(got.at(-1)).toBe(999);
  edge.connection.send({ src_id: "bob", volatile: true, payload: "later" });
  await expect.poll(() => got.at(-1)).toBe("later");
});

test("what a session tells waits, too, for somebody who listens to anything", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  edge.deliver({ type: 100, src_id: "carol", dest_session_id: "s", session_seq: 1 });
  await allspark.send({ to: "bob" });
  expect(edge.connection.acks).toEqual([]);
  const told: unknown[] = [];
  allspark.on("session", ({ kind }) => told.push(kind));
  await edge.until(() => edge.connection.acks.includes(1), "the ack");
  expect(told).toEqual(["joined"]);
});
