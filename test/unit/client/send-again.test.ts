/** What was not answered when a connection broke goes out again: the same ids, the same order, before anything newer. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

test("an ack that was lost: the same message under the same id", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  edge.onMessage = () => "lose";
  const sent = allspark.send({ to: "bob", payload: 1 });
  await edge.until(() => edge.received.length === 1, "the message");
  edge.onMessage = () => "ack";
  edge.connection.cut();
  const { id } = await sent;
  expect(edge.received.map((message) => [message.id, message.payload])).toEqual(Array(2).fill([id, 1]));
  expect(edge.taken).toHaveLength(1);
});

test("what is open goes in the old order, and before what was sent meanwhile", async ({ edge, client }) => {
  edge.onMessage = ({ payload }) => (payload === 2 ? "ack" : "lose");
  const allspark = client();
  await allspark.connect();
  const sent = [1, 2, 3, 4].map((payload) => allspark.send({ to: "bob", payload }));
  await sent[1];
  edge.onMessage = () => "ack";
  edge.connection.cut();
  sent.push(allspark.send({ to: "bob", payload: 5 }));
  await Promise.all(sent);
  expect(edge.connections[1]!.frames.flatMap((frame) => JSON.parse(frame) as { payload: number }[])).toMatchObject(
    [1, 3, 4, 5].map((payload) => ({ payload })),
  );
});

test("a socket that is cut within a frame: what the edge had not read comes again, the rest is not doubled", async ({
  edge,
  client,
}) => {
  edge.onMessage = ({ payload }, connection) => {
    // The edge dies in the middle of the array.
    if (payload === 3 && edge.connections.length === 1) connection.cut();
    return connection.isOpen ? "ack" : "drop";
  };
  const allspark = client();
  await allspark.connect();
  await Promise.all([1, 2, 3, 4, 5].map((payload) => allspark.send({ to: "bob", payload })));
  expect(edge.taken.map(({ payload }) => payload)).toEqual([1, 2, 3, 4, 5]);
});

test("cut again and again, everything is acked in the end", async ({ edge, client }) => {
  const allspark = client();
  let count = 0;
  edge.onMessage = (_message, connection) => {
    if (++count % 40 === 0) connection.cut();
    return connection.isOpen ? "ack" : "drop";
  };
  await allspark.connect();
  await Promise.all(Array.from({ length: 300 }, (_, payload) => allspark.send({ to: "bob", payload })));
  expect(edge.taken.map(({ payload }) => payload)).toEqual(Array.from({ length: 300 }, (_, i) => i));
  expect(edge.connections.length).toBeGreaterThan(3);
});

test("an ack of what is settled, or never was sent, does nothing", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const { id } = await allspark.send({ to: "bob" });
  edge.connection.ack(id!);
  edge.connection.ack("nobody's");
  expect(await allspark.send({ to: "bob" })).toMatchObject({ status: "delivered" });
});
