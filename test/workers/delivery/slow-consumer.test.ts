/** A recipient that acks little by little, with more waiting than its window holds, while its object leaves memory. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictNodes } from "./evict.ts";

const EACH = 350;
const ACK_EVERY = 61;
/** A sender's frames; each sender stays below the burst that its connection may send. */
const FRAME = 175;

test("seven hundred messages drain in order and once, evicted all the way", async () => {
  const [a1, a2, b] = [newId("a1"), newId("a2"), newId("b")];
  const [one, two, recipient] = await Promise.all([a1, a2, b].map((nodeId) => Client.connect(nodeId)));
  const ids = (name: string) => Array.from({ length: EACH }, (_, i) => `${name}${i}`);
  for (let i = 0; i < EACH; i += FRAME) {
    for (const [sender, name] of [
      [one!, "x"],
      [two!, "y"],
    ] as const) {
      sender.send(
        ...ids(name)
          .slice(i, i + FRAME)
          .map((id) => ({ id, dest_id: b, type: 1 })),
      );
    }
  }
  await recipient!.received(LIMITS.windowMessages);
  expect(new Set(await one!.settled(...ids("x")))).toEqual(new Set(["stored"]));
  expect(new Set(await two!.settled(...ids("y")))).toEqual(new Set(["stored"]));
  expect(recipient!.messages).toHaveLength(LIMITS.windowMessages);

  const total = EACH * 2;
  let acked = 0;
  while (acked < total) {
    await evictNodes([b]);
    acked = Math.min(total, acked + ACK_EVERY);
    recipient!.ack(recipient!.messages[acked - 1]!.seq);
    await recipient!.received(Math.min(total, acked + LIMITS.windowMessages));
  }
  await evictNodes([b]);
  one!.send({ id: "last", dest_id: b, type: 1 });
  await recipient!.received(total + 1);
  recipient!.ack();
  expect(await one!.settled("last")).toEqual(["delivered"]);

  const from = (source: string) => recipient!.messages.filter(({ src_id }) => src_id === source).map(({ id }) => id);
  expect(from(a1)).toEqual([...ids("x"), "last"]);
  expect(from(a2)).toEqual(ids("y"));
  const { inbox } = await env.NODE.getByName(b).describe();
  expect(inbox).toEqual({ messages: 0, bytes: 0, oldest_seq: null, newest_seq: null });
  await Promise.all([one!, two!, recipient!].map((client) => client.close()));
});
