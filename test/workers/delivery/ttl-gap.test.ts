/** A message that ran out before it could be sent is announced once, also to a connection that outlives its object. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictNodes } from "./evict.ts";

const TTL_MS = 60_000;

// Objects run in the isolate of the tests, so this is their clock, too.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

test("with others of its row unacked, the object leaves memory", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sender = await Client.connect(a);
  sender.send(
    { id: "x1", dest_id: b, type: 1 },
    { id: "t1", dest_id: b, type: 1, ttl_ms: TTL_MS },
    { id: "x2", dest_id: b, type: 1 },
  );
  expect(await sender.settled("x1", "t1", "x2")).toEqual(["stored", "stored", "stored"]);
  vi.setSystemTime(Date.now() + TTL_MS + 1);
  const recipient = await Client.connect(b);
  await recipient.received(2);
  const [x1] = recipient.messages;
  expect(recipient.gaps).toEqual([{ from_seq: x1!.seq! + 1, to_seq: x1!.seq! + 1, reason: "ttl" }]);
  for (const id of ["m1", "m2"]) {
    await evictNodes([b]);
    sender.send({ id, dest_id: b, type: 1 });
    await recipient.until(() => recipient.messages.some((message) => message.id === id), id);
    recipient.ack(recipient.messages.at(-1)!.seq);
    await sender.settled(id);
  }
  expect(recipient.messages.map(({ id }) => id)).toEqual(["x1", "x2", "m1", "m2"]);
  expect(recipient.gaps).toHaveLength(1);
  await Promise.all([sender.close(), recipient.close()]);
});
