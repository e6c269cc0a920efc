/** What a client says right before it closes counts, also where its object had to be woken to hear it. */
import { expect, test } from "vitest";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictNodes } from "./evict.ts";

test.each([
  ["v1", 1000],
  ["v1", 4_999],
  ["classic", 1000],
  ["classic", 4_999],
] as const)("a message of a %s client that closes with %d", async (mode, code) => {
  const [a, b] = [newId("a"), newId("b")];
  const [sender, recipient] = await Promise.all([Client.connect(a, { mode }), Client.connect(b)]);
  await evictNodes([a]);
  sender.send({ id: "m1", dest_id: b, type: 1 });
  await sender.close(code);
  await recipient.received(1);
  expect(recipient.messages).toMatchObject([{ id: "m1", src_id: a }]);
  recipient.ack();
  await recipient.close();
});

test.each([1000, 4_999])("an ack before a close with %d", async (code) => {
  const [a, b] = [newId("a"), newId("b")];
  const [sender, recipient] = await Promise.all([Client.connect(a), Client.connect(b)]);
  sender.send({ id: "m1", dest_id: b, type: 1 }, { id: "m2", dest_id: b, type: 1 });
  await recipient.received(2);
  await sender.settled("m1", "m2");
  await evictNodes([b]);
  recipient.ack(recipient.messages[0]!.seq);
  await recipient.close(code);
  const { messages } = await env.NODE.getByName(b).readInbox({ order: "asc" });
  expect(messages.map((text) => (JSON.parse(text) as { id: string }).id)).toEqual(["m2"]);
  await sender.close();
});
