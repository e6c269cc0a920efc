/** ttl_ms, collapse_key and volatile: what may be left out, and that leaving out is announced. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeState } from "../../src/durable/rpc.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { V1Client } from "../support/v1-client.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

const connect = (nodeId: string): Promise<V1Client> => V1Client.connect({ url: edge.url, key: edge.key(nodeId) });

const payloads = (client: V1Client): unknown[] => client.messages.map((message) => message.payload);

test("an expired message is replaced by a GAP", { timeout: 30_000 }, async () => {
  const sender = await connect("hasty");
  sender.send({ id: "short", dest_id: "late", type: 1, payload: "short", ttl_ms: 300 });
  sender.send({ id: "long", dest_id: "late", type: 1, payload: "long", ttl_ms: 60_000 });
  await sender.settled(5_000);
  const stored = Date.now();
  // The thing waited for is the edge's clock; each call brings it nearer.
  while (Date.now() < stored + 400) await edge.call("GET", "/v1/health", edge.key("late"));

  const recipient = await connect("late");
  await recipient.received(1, 5_000);
  await recipient.until(() => recipient.gaps.length > 0, 5_000, "a GAP");
  expect(payloads(recipient)).toEqual(["long"]);
  expect(recipient.gaps).toHaveLength(1);
  const [gap] = recipient.gaps;
  expect(gap?.reason).toEqual(expect.any(String));
  expect(gap?.from_seq).toBe(gap?.to_seq);
  expect(gap?.to_seq).toBeLessThan(recipient.messages[0]?.seq as number);
  await Promise.all([sender.close(), recipient.close()]);
});

test("of one collapse_key only the newest waits, others stay, the rest is a GAP", { timeout: 30_000 }, async () => {
  const sender = await connect("scorer");
  const send = (id: string, more: Record<string, unknown>): void =>
    sender.send({ id, dest_id: "fan", type: 1, payload: id, ...more });
  send("score 1", { collapse_key: "score" });
  await sender.settled(5_000);
  send("news", {});
  await sender.settled(5_000);
  send("score 2", { collapse_key: "score" });
  await sender.settled(5_000);
  send("score 3", { collapse_key: "score" });
  await sender.settled(5_000);
  expect(sender.acked.size).toBe(4);

  const recipient = await connect("fan");
  await recipient.received(2, 5_000);
  sender.send({ id: "end", dest_id: "fan", type: 1, payload: "end" });
  await recipient.received(3, 5_000);
  expect(payloads(recipient)).toEqual(["news", "score 3", "end"]);
  const covered = recipient.gaps.reduce((sum, gap) => sum + gap.to_seq - gap.from_seq + 1, 0);
  expect(covered).toBe(2);
  await Promise.all([sender.close(), recipient.close()]);
});

test("a volatile message to an offline node is dropped: no ack, no storage", { timeout: 30_000 }, async () => {
  const sender = await connect("whisperer");
  await (await connect("deaf")).close();
  sender.sendRaw(JSON.stringify({ id: "gone", dest_id: "deaf", type: 1, payload: "gone", volatile: true }));
  sender.send({ id: "kept", dest_id: "deaf", type: 1, payload: "kept" });
  await sender.settled(5_000);
  expect([...sender.acked.keys()]).toEqual(["kept"]);
  const state = await edge.call<NodeState>("GET", "/v1/nodes/deaf", edge.key("deaf"));
  expect(state.body.inbox.messages).toBe(1);
  const recipient = await connect("deaf");
  await recipient.received(1, 5_000);
  expect(payloads(recipient)).toEqual(["kept"]);
  expect(recipient.gaps).toEqual([]);

  sender.sendRaw(JSON.stringify({ id: "live", dest_id: "deaf", type: 1, payload: "live", volatile: true }));
  await recipient.received(2, 5_000);
  expect(recipient.messages[1]).toMatchObject({ payload: "live" });
  expect(recipient.messages[1]).not.toHaveProperty("seq");
  expect(sender.errors).toEqual([]);
  await Promise.all([sender.close(), recipient.close()]);
});
