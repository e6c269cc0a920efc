/** A node with two connections whose object leaves memory: each message stays where it is until its connection breaks. */
import { expect, test } from "vitest";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictNodes } from "./evict.ts";

test("what the broken one had not acked comes over the other, in order, and once", async () => {
  const [a1, a2, b] = [newId("a1"), newId("a2"), newId("b")];
  const [one, two, first] = await Promise.all([a1, a2, b].map((nodeId) => Client.connect(nodeId)));
  const second = await Client.connect(b);
  const say = (id: string) => ({ id, dest_id: b, type: 1 });
  one!.send(...["x1", "x2", "x3"].map(say));
  await first!.received(3);
  two!.send(...["y1", "y2", "y3"].map(say));
  await second.received(3);
  await evictNodes([b]);
  expect(await one!.settled("x1", "x2", "x3")).toEqual(["stored", "stored", "stored"]);
  expect(await two!.settled("y1", "y2", "y3")).toEqual(["stored", "stored", "stored"]);

  second.ack(second.messages[0]!.seq);
  await second.close(4_999);
  await evictNodes([b]);
  await first!.received(5);
  two!.send(say("y4"));
  await first!.received(6);
  await evictNodes([b]);
  first!.ack();
  await evictNodes([b]);
  const late = await Client.connect(b);
  one!.send(say("x4"));
  await Promise.any([first!.received(7), late.received(1)]);
  const got = [...first!.messages, ...late.messages].map(({ id }) => id);
  expect(got).toEqual(["x1", "x2", "x3", "y2", "y3", "y4", "x4"]);
  for (const client of [first!, late]) client.ack();
  expect(await one!.settled("x4")).toEqual(["delivered"]);
  expect((await env.NODE.getByName(b).describe()).inbox.messages).toBe(0);
  await Promise.all([one!, two!, first!, late].map((client) => client.close()));
});

test("each connection acks its own after an eviction", async () => {
  const [a1, a2, b] = [newId("a1"), newId("a2"), newId("b")];
  const [one, two, first] = await Promise.all([a1, a2, b].map((nodeId) => Client.connect(nodeId)));
  const second = await Client.connect(b);
  one!.send({ id: "x1", dest_id: b, type: 1 });
  await first!.received(1);
  two!.send({ id: "y1", dest_id: b, type: 1 });
  await second.received(1);
  await evictNodes([b]);
  // A higher seq: cumulative on its own connection only.
  second.ack();
  await evictNodes([b]);
  const node = env.NODE.getByName(b);
  const open = (await node.readInbox({ order: "asc" })).messages.map((text) => (JSON.parse(text) as { id: string }).id);
  expect(open).toEqual(["x1"]);
  first!.ack();
  await evictNodes([b]);
  expect((await node.describe()).inbox.messages).toBe(0);
  await Promise.all([one!, two!, first!, second].map((client) => client.close()));
});
