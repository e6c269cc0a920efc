/** Where a connection goes on: cursors that are taken, refused, or of an epoch that is no more. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

test("the first connection has no cursor, later ones the last seq that was taken", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  edge.connection.cut();
  edge.deliver({ payload: 3 });
  const second = await edge.connected(2);
  await edge.until(() => second.acks.includes(3), "the ack");
  edge.connection.cut();
  const third = await edge.connected(3);
  expect(edge.connections.map(({ resume }) => resume)).toEqual([
    undefined,
    { epoch: "epoch1", seq: 2 },
    { epoch: "epoch1", seq: 3 },
  ]);
  expect(third.isOpen).toBe(true);
  expect(got).toEqual([1, 2, 3]);
});

test("a cursor that is refused: everything comes again, and what has an id is given once", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  edge.takesResume = false;
  // Its acks are lost.
  edge.first = (connection) => {
    edge.ackedSeq = 0;
    connection.welcome();
  };
  edge.connection.send({ seq: 1, src_id: "bob", id: "a", payload: 1 }, { seq: 2, src_id: "bob", id: "b", payload: 2 });
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  edge.deliver(
    { src_id: "bob", id: "a", payload: 1 },
    { src_id: "bob", id: "b", payload: 2 },
    { src_id: "bob", id: "c", payload: 3 },
  );
  await expect.poll(() => got).toEqual([1, 2, 3]);
  edge.connection.cut();
  const second = await edge.connected(2);
  edge.deliver({ src_id: "bob", id: "d", payload: 4 });
  await edge.until(() => second.acks.includes(4), "the ack");
  expect(got).toEqual([1, 2, 3, 4]);
});

test("another epoch: its numbers count from then on", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 }, { payload: 3 });
  await edge.until(() => edge.connection.acks.includes(3), "the ack");
  edge.newEpoch();
  edge.connection.cut();
  const second = await edge.connected(2);
  expect(second.resume).toEqual({ epoch: "epoch1", seq: 3 });
  edge.deliver({ payload: "new" });
  await edge.until(() => second.acks.includes(1), "the ack");
  edge.connection.cut();
  expect((await edge.connected(3)).resume).toEqual({ epoch: "epoch2", seq: 1 });
  expect(got.at(-1)).toBe("new");
});

test("a message that was under way in the old epoch moves no cursor in the new one", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  let finish: () => void = () => {};
  allspark.on("message", ({ payload }) => {
    got.push(payload);
    return payload === "slow" ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
  });
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 }, { id: "slow", payload: "slow" });
  await expect.poll(() => got.length).toBe(3);
  edge.inbox.length = 0;
  edge.newEpoch();
  edge.connection.cut();
  const second = await edge.connected(2);
  // The third stands under the number that the slow one had.
  edge.deliver({ payload: "new 1" }, { payload: "new 2" }, { payload: "new 3" });
  await allspark.send({ to: "bob" });
  finish();
  await edge.until(() => second.acks.includes(3), "the ack");
  expect(got).toEqual([1, 2, "slow", "new 1", "new 2", "new 3"]);
});

test("a message nobody fetched of the old epoch comes again, and its old number acks nothing", async ({
  edge,
  client,
}) => {
  const allspark = client();
  await allspark.connect();
  const loop = allspark.messages();
  const first = loop.next();
  edge.deliver({ payload: 1 }, { payload: 2 }, { payload: 3 });
  await first;
  await loop.next();
  await edge.until(() => edge.connection.acks.length > 0, "an ack");
  // The third is never fetched: it waits behind the second, which the loop holds.
  edge.inbox.splice(0, edge.inbox.length, { seq: 1, src_id: "bob", payload: "again" });
  edge.newEpoch();
  edge.connection.cut();
  const second = await edge.connected(2);
  await loop.return!();
  await allspark.send({ to: "bob" });
  expect(second.acks).toEqual([]);
  expect((await allspark.messages().next()).value).toMatchObject({ payload: "again" });
});
