/** What goes out, and what send() answers. */
import { expect } from "vitest";
import { rejectionOf, test } from "./edge-test.ts";

test("every field of a message stands on the wire under its own name", async ({ edge, client }) => {
  edge.allowedFields.add("mine");
  const allspark = client();
  await allspark.connect();
  await allspark.send({
    to: "bob",
    toSession: "s",
    toCluster: "eu",
    type: 7,
    payload: { a: 1 },
    payload1: [2],
    payload2: null,
    ttlMs: 60_000,
    collapseKey: "k",
    fencingNumber: 3,
    fields: { mine: true, type: 8, payload: "lost" },
  });
  await allspark.send({ toClient: "bobs" });
  expect(edge.received.map(({ raw: { id: _, ...raw } }) => raw)).toEqual([
    {
      dest_id: "bob",
      dest_session_id: "s",
      dest_cluster_id: "eu",
      type: 7,
      payload: { a: 1 },
      payload1: [2],
      payload2: null,
      ttl_ms: 60_000,
      collapse_key: "k",
      fencing_number: 3,
      mine: true,
    },
    { dest_client_id: "bobs" },
  ]);
});

test("the receipt has the status and the id, which is never used again", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  await allspark.connect();
  const sent = [1, 2].map((payload) => allspark.send({ to: "bob", payload }));
  await edge.until(() => edge.received.length === 2, "both");
  const ids = edge.received.map(({ id }) => id!);
  edge.connection.ack(ids[1]!, "stored");
  edge.connection.ack(ids[0]!, "delivered");
  expect(await Promise.all(sent)).toEqual([
    { id: ids[0], status: "delivered" },
    { id: ids[1], status: "stored" },
  ]);
  edge.onMessage = () => "ack";
  const other = client();
  await other.connect();
  expect(ids).not.toContain((await other.send({ to: "bob" })).id);
});

test("messages sent before connect() go out once it is connected, in order", async ({ edge, client }) => {
  const allspark = client();
  const sent = [1, 2, 3].map((payload) => allspark.send({ to: "bob", payload }));
  expect(allspark.unacked).toBe(3);
  await allspark.connect();
  await Promise.all(sent);
  expect(edge.received.map(({ payload }) => payload)).toEqual([1, 2, 3]);
  expect(allspark.unacked).toBe(0);
});

test.for([
  ["no destination", {}, "BAD_OPTION", "a message needs one of to, toClient and toSession"],
  ["two destinations", { to: "a", toClient: "c" }, "BAD_OPTION", "a message needs one of to, toClient and toSession"],
  ["a payload that is no JSON", { to: "bob", payload: 1n }, "BAD_OPTION", "the message is not JSON"],
  ["a payload that holds itself", { to: "bob", payload: circle() }, "BAD_OPTION", "the message is not JSON"],
] as const)("%s is refused before it is queued", async ([, message, code, text], { edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const error = await allspark.send(message).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(error).toMatchObject({ name: "AllsparkError", code, temporary: false });
  expect(error!.message).toContain(text);
  await allspark.send({ to: "bob" });
  expect(edge.received).toHaveLength(1);
});

test("after close() nothing can be sent", async ({ client }) => {
  const allspark = client();
  await allspark.connect();
  await allspark.close();
  await expect(allspark.send({ to: "bob" })).rejects.toMatchObject({ code: "CLOSED" });
});

test("flushed() waits for all that is open, and for what is sent meanwhile", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  await allspark.connect();
  await allspark.flushed();
  const settled: unknown[] = [];
  const send = (payload: unknown) => void allspark.send({ to: "bob", payload }).then(() => settled.push(payload));
  send(1);
  const flushed = allspark.flushed().then(() => settled.push("flushed"));
  await edge.until(() => edge.received.length === 1, "the first");
  send(2);
  await edge.until(() => edge.received.length === 2, "the second");
  for (const { id } of edge.received) edge.connection.ack(id!);
  await flushed;
  expect(settled).toEqual([1, 2, "flushed"]);
});

test("flushed() rejects where the client ends before all is acked", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  await allspark.connect();
  const sent = rejectionOf(allspark.send({ to: "bob" }));
  const flushed = rejectionOf(allspark.flushed());
  await allspark.close();
  expect(await flushed).toMatchObject({ code: "CLOSED" });
  expect(await sent).toMatchObject({ code: "CLOSED" });
  await allspark.flushed();
});

function circle(): object {
  const self: Record<string, unknown> = {};
  return Object.assign(self, { self });
}
