/** Acked traffic writes no inbox rows, and seqs only grow, through every way of losing an object from memory. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictNodes } from "./evict.ts";
import { query } from "./storage.ts";

const ROUNDS = 4;
const PER_ROUND = 30;

test.each(["hibernate", "close"] as const)("sockets: %s", async (webSockets) => {
  const [a, b] = [newId("a"), newId("b")];
  const sender = await Client.connect(a);
  let recipient = await Client.connect(b);
  const epochs = new Set([recipient.welcome!.epoch]);
  const stub = env.NODE.getByName(b);
  const seqs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const ids = Array.from({ length: PER_ROUND }, (_, i) => `m${round}-${i}`);
    sender.send(...ids.map((id) => ({ id, dest_id: b, type: 1 })));
    const before = recipient.messages.length;
    await recipient.received(before + PER_ROUND);
    recipient.ack();
    expect(new Set(await sender.settled(...ids))).toEqual(new Set(["delivered"]));
    const got = recipient.messages.slice(before);
    expect(got.map(({ id }) => id)).toEqual(ids);
    seqs.push(...got.map(({ seq }) => seq!));

    const { counters, inbox } = await stub.describe();
    expect(counters).toMatchObject({ received: PER_ROUND, delivered: PER_ROUND, stored: 0, inbox_rows_written: 0 });
    expect(inbox).toEqual({ messages: 0, bytes: 0, oldest_seq: null, newest_seq: null });
    expect(await query(stub, "SELECT (SELECT count(*) FROM inbox) AS rows, seq_reserved FROM node")).toEqual([
      { rows: 0, seq_reserved: (round + 1) * LIMITS.seqBlock },
    ]);

    await evictNodes([b], { webSockets });
    if (webSockets === "close") {
      await recipient.closed();
      recipient = await Client.connect(b, { resume: recipient.resume });
      epochs.add(recipient.welcome!.epoch);
    }
  }
  // The rest of a block is left behind with the memory that knew how far it was used.
  const expected = Array.from({ length: ROUNDS }, (_, round) =>
    Array.from({ length: PER_ROUND }, (_unused, i) => round * LIMITS.seqBlock + i + 1),
  );
  expect(seqs).toEqual(expected.flat());
  expect(epochs.size).toBe(1);
  await Promise.all([sender.close(), recipient.close()]);
});
