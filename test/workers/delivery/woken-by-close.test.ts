/** An object that is woken by the end of one of its sockets still knows what was on that socket's wire. */
import { expect, test } from "vitest";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictNodes } from "./evict.ts";

test.each(["older", "newer"] as const)("what the %s connection had not acked comes over the other", async (which) => {
  const [a1, a2, b] = [newId("a1"), newId("a2"), newId("b")];
  const [one, two, older] = await Promise.all([a1, a2, b].map((nodeId) => Client.connect(nodeId)));
  const newer = await Client.connect(b);
  const say = (id: string) => ({ id, dest_id: b, type: 1 });
  one!.send(say("x1"), say("x2"));
  await older!.received(2);
  two!.send(say("y1"), say("y2"));
  await newer.received(2);
  expect(await one!.settled("x1", "x2")).toEqual(["stored", "stored"]);
  expect(await two!.settled("y1", "y2")).toEqual(["stored", "stored"]);
  await evictNodes([b]);

  const [closing, left] = which === "older" ? [older!, newer] : [newer, older!];
  await closing.close(4_999);
  await left.received(4);
  const ids = (client: Client) => client.messages.map(({ id }) => id);
  expect(ids(left)).toEqual([...ids(left).slice(0, 2), ...ids(closing)]);
  left.ack();
  two!.send(say("y3"));
  await left.received(5);
  left.ack();
  expect(await two!.settled("y3")).toEqual(["delivered"]);
  const node = env.NODE.getByName(b);
  expect((await node.describe()).inbox.messages).toBe(0);
  expect((await node.describe()).connections).toHaveLength(1);
  await Promise.all([one!, two!, left].map((client) => client.close()));
});

test("what the only connection had not acked comes with the next one", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const [sender, recipient] = await Promise.all([Client.connect(a), Client.connect(b)]);
  sender.send({ id: "m1", dest_id: b, type: 1 }, { id: "m2", dest_id: b, type: 1 });
  await recipient.received(2);
  expect(await sender.settled("m1", "m2")).toEqual(["stored", "stored"]);
  await evictNodes([b]);
  await recipient.close(4_999);
  expect((await env.NODE.getByName(b).describe()).online).toBe(false);
  sender.send({ id: "m3", dest_id: b, type: 1 });
  expect(await sender.settled("m3")).toEqual(["stored"]);
  const again = await Client.connect(b, { resume: { ...recipient.resume, lastSeq: recipient.messages[0]!.seq! } });
  await again.received(2);
  expect(again.messages.map(({ id }) => id)).toEqual(["m2", "m3"]);
  again.ack();
  await Promise.all([sender, again].map((client) => client.close()));
});
