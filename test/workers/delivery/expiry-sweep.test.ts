/** Inbox rows whose time has run out are dropped by the alarm, and the node is told of it when it comes. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictNodes } from "./evict.ts";
import { query } from "./storage.ts";

/** Sends a message a row to a node that is away; answers its inbox's object and the seqs of the rows. */
async function storeRows(sender: Client, to: string, ids: readonly string[]) {
  for (const id of ids) {
    sender.send({ id, dest_id: to, type: 1 });
    await sender.settled(id);
  }
  const stub = env.NODE.getByName(to);
  const rows = await query<{ id: number; seq_to: number }>(stub, "SELECT id, seq_to FROM inbox ORDER BY id");
  expect(rows.map(({ id, seq_to }) => seq_to - id)).toEqual(ids.map(() => 0));
  return { stub, seqs: rows.map(({ id }) => id) };
}

const alarmOf = (stub: DurableObjectStub) => runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());

test("the alarm leaves a gap in their place, told once", async () => {
  const before = Date.now();
  const [a, b] = [newId("a"), newId("b")];
  const sender = await Client.connect(a);
  const { stub, seqs } = await storeRows(sender, b, ["m1", "m2", "m3", "m4"]);
  const alarm = (await alarmOf(stub))!;
  expect(alarm).toBeGreaterThanOrEqual(before + LIMITS.inboxTtlMs);
  expect(alarm).toBeLessThanOrEqual(Date.now() + LIMITS.inboxTtlMs);

  await query(stub, "UPDATE inbox SET expires_at = ? WHERE id IN (?, ?)", Date.now() - 1, seqs[1]!, seqs[2]!);
  await evictNodes([b]);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect((await stub.describe()).inbox).toMatchObject({ messages: 2, oldest_seq: seqs[0], newest_seq: seqs[3] });
  const [rest] = await query<{ next: number }>(stub, "SELECT min(expires_at) AS next FROM inbox");
  expect(await alarmOf(stub)).toBe(rest!.next);
  await evictNodes([b]);

  const recipient = await Client.connect(b);
  await recipient.received(2);
  expect(recipient.messages.map(({ id }) => id)).toEqual(["m1", "m4"]);
  expect(recipient.gaps).toEqual([{ from_seq: seqs[1], to_seq: seqs[2], reason: "expired" }]);
  const types = recipient.seen.map(({ type }) => type);
  expect(types).toEqual([-2, 1, -7, 1]);
  recipient.ack();
  sender.send({ id: "m5", dest_id: b, type: 1 });
  await recipient.received(3);
  recipient.ack();
  await sender.settled("m5");
  await recipient.close();
  await evictNodes([b]);

  const again = await Client.connect(b);
  sender.send({ id: "m6", dest_id: b, type: 1 });
  await again.received(1);
  expect(again.gaps).toEqual([]);
  again.ack();
  await Promise.all([sender.close(), again.close()]);
});

test("where all of it ran out, the gap is all that comes", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sender = await Client.connect(a);
  const { stub, seqs } = await storeRows(sender, b, ["m1", "m2"]);
  await query(stub, "UPDATE inbox SET expires_at = ?", Date.now() - 1);
  await evictNodes([b]);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect((await stub.describe()).inbox.messages).toBe(0);
  await evictNodes([b]);
  const recipient = await Client.connect(b);
  await recipient.until(() => recipient.gaps.length > 0, "the gap");
  expect(recipient.gaps).toEqual([{ from_seq: seqs[0], to_seq: seqs[1], reason: "expired" }]);
  expect(recipient.welcome!.seq).toBeLessThan(seqs[0]!);
  recipient.ack();
  await recipient.close();
  expect(await query(stub, "SELECT * FROM gap")).toEqual([]);
  await sender.close();
});
