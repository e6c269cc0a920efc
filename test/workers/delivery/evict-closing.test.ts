/** Objects leave memory and their sockets break: clients come back, resume, send again, and nothing is lost. */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictNodes } from "./evict.ts";

const ROUNDS = 4;
const PER_ROUND = 20;

test("every message arrives once and in order, however often the sockets break", async () => {
  const [a, b] = [newId("a"), newId("b")];
  let [sender, recipient] = await Promise.all([Client.connect(a), Client.connect(b)]);
  const got: string[] = [];
  const unacked = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < PER_ROUND; i++) unacked.add(`m${round}-${i}`);
    sender.send(...[...unacked].map((id) => ({ id, dest_id: b, type: 1 })));
    await recipient.received(PER_ROUND);
    // It looks at some of what came, acks these, and loses the rest with its socket.
    const looked = recipient.messages.slice(0, PER_ROUND / 2 + round);
    got.push(...looked.map(({ id }) => id!));
    recipient.ack(looked.at(-1)!.seq);
    await evictNodes([a, b], { webSockets: "close" });
    await Promise.all([sender.closed(), recipient.closed()]);
    for (const [id] of sender.acks) unacked.delete(id);
    const resume = { epoch: recipient.welcome!.epoch, lastSeq: looked.at(-1)!.seq! };
    [sender, recipient] = await Promise.all([
      Client.connect(a, { resume: sender.resume }),
      Client.connect(b, { resume }),
    ]);
    expect(recipient.welcome!.epoch).toBe(resume.epoch);
    // What was lost comes again before anything new.
    const lost = PER_ROUND - looked.length;
    await recipient.received(lost);
    got.push(...recipient.messages.slice(0, lost).map(({ id }) => id!));
    recipient.messages.splice(0, lost);
    recipient.ack();
  }
  expect([...unacked]).toEqual([]);
  expect(got).toEqual(
    Array.from({ length: ROUNDS * PER_ROUND }, (_, i) => `m${Math.floor(i / PER_ROUND)}-${i % PER_ROUND}`),
  );
  await Promise.all([sender.close(), recipient.close()]);
});
