/** A node goes away, and is pushed to: once within the throttle, and not at all where that is needless. */
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { startWebhookDouble, type WebhookDouble } from "../support/push/webhook-double.ts";
import { V1Client, type V1Options } from "../support/v1-client.ts";

const DELAY_MS = 2_500;
const THROTTLE_MS = 12_000;

let edge: Edge;
let hook: WebhookDouble;
let alice: V1Client;

beforeAll(async () => {
  hook = await startWebhookDouble();
  const times = { ALLSPARK_PUSH_DELAY_MS: String(DELAY_MS), ALLSPARK_PUSH_THROTTLE_MS: String(THROTTLE_MS) };
  edge = await startEdge({ env: { ...hook.settings(), ...times } });
  alice = await connect("alice");
});

afterAll(async () => {
  await edge.close();
  await hook.close();
});

const connect = (nodeId: string, options: Partial<V1Options> = {}): Promise<V1Client> =>
  V1Client.connect({ url: edge.url, key: edge.key(nodeId), ...options });

const pushesTo = (nodeId: string) => hook.deliveries.filter(({ payload }) => payload.data["node_id"] === nodeId);

/** Waits until this node was pushed to so often. */
async function untilPushed(nodeId: string, count: number, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (pushesTo(nodeId).length < count) {
    await hook.untilCalls(hook.calls.length + 1, deadline - Date.now());
    // The double answers, and notes it, after the call was counted.
    await new Promise(setImmediate);
  }
}

let markers = 0;

/**
 * Waits for so long that whatever was due would be here: until a node that nobody knows, and that breaks off now, is pushed
 * to, for which it has the whole delay.
 */
async function untilDelayIsOver(): Promise<void> {
  const id = `marker-${markers++}`;
  const marker = await connect(id);
  marker.terminate();
  await untilOffline(id);
  alice.send({ id, dest_id: id });
  await untilPushed(id, 1, 20_000);
}

async function untilOffline(nodeId: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { body } = await edge.call<{ online: boolean }>("GET", `/v1/nodes/${nodeId}`, edge.key(nodeId));
    if (!body.online) return;
    if (Date.now() > deadline) throw new Error(`${nodeId} is online`);
  }
}

test("a thousand messages in ten seconds from fifty senders: one push, and one more at the end of the throttle", async () => {
  const bob = await connect("bob");
  await bob.close();
  const senders = await Promise.all(Array.from({ length: 50 }, (_, i) => connect(`sender-${i}`)));
  const began = Date.now();
  for (let i = 0; i < 1_000; i++) {
    senders[i % 50]!.send({ id: `m${i}`, dest_id: "bob", type: 1, payload: i });
    // The pace of the load, and nothing that is waited for.
    if (i % 50 === 49) await setTimeout(Math.max(0, began + i * 10 - Date.now()));
  }
  await Promise.all(senders.map((sender) => sender.settled(10_000)));
  expect(senders.flatMap(({ acked }) => [...acked.values()]).filter((status) => status === "stored")).toHaveLength(
    1_000,
  );
  await untilPushed("bob", 1, 5_000);
  expect(Date.now() - began).toBeLessThan(THROTTLE_MS);
  expect(pushesTo("bob")).toMatchObject([{ payload: { data: { title: "New message", silent: false, type: 1 } } }]);
  await untilPushed("bob", 2, THROTTLE_MS + 5_000);
  const [first, second] = pushesTo("bob").map(({ timestamp }) => timestamp);
  expect(second! - first!).toBeGreaterThanOrEqual(THROTTLE_MS / 1_000 - 1);
  // It wakes up, and fetches from where the push said.
  const { from_seq: fromSeq } = pushesTo("bob")[0]!.payload.data as { from_seq: number };
  const woken = await connect("bob");
  await woken.received(1_000, 10_000);
  expect(woken.messages[0]!.seq).toBe(fromSeq);
  await Promise.all([woken.close(), ...senders.map((sender) => sender.close())]);
  await untilDelayIsOver();
  expect(pushesTo("bob")).toHaveLength(2);
});

test("none for a node whose connection broke and that is back, with everything acked, before the delay is over", async () => {
  const carol = await connect("carol");
  carol.terminate();
  await untilOffline("carol");
  for (let i = 0; i < 20; i++) alice.send({ id: `c${i}`, dest_id: "carol", payload: i });
  await alice.settled(5_000);
  await carol.open();
  await carol.received(20, DELAY_MS);
  await untilDelayIsOver();
  expect(pushesTo("carol")).toEqual([]);
  await carol.close();
});

test("none for a node that is there and acks; one for a node that is there and does not", async () => {
  const [dave, deaf] = await Promise.all([connect("dave"), connect("deaf", { acks: "silent" })]);
  const began = Date.now();
  for (const to of ["dave", "deaf"]) alice.send({ id: `to-${to}`, dest_id: to, payload: "there?" });
  await alice.settled(5_000);
  await untilPushed("deaf", 1, DELAY_MS + 5_000);
  expect(Date.now() - began).toBeGreaterThanOrEqual(DELAY_MS);
  await untilDelayIsOver();
  expect([pushesTo("dave").length, pushesTo("deaf").length]).toEqual([0, 1]);
  await Promise.all([dave.close(), deaf.close()]);
});

test("none for messages whose sender wants none, nor for volatile ones; the words of one that does are the push's", async () => {
  alice.send({ id: "quiet", dest_id: "erin", payload: 1, push: false });
  alice.sendRaw(JSON.stringify({ dest_id: "erin", payload: 2, volatile: true }));
  await alice.settled(5_000);
  await untilDelayIsOver();
  expect(pushesTo("erin")).toEqual([]);
  const push = { title: " Dinner\u0007 ", body: "7 pm?", data: { room: 4 }, silent: true, other: "x" };
  alice.send({ id: "loud", dest_id: "erin", payload: 3, push });
  await untilPushed("erin", 1, 5_000);
  expect(pushesTo("erin")[0]!.payload.data).toEqual({
    node_id: "erin",
    src_id: "alice",
    title: "Dinner",
    body: "7 pm?",
    data: { room: "4" },
    silent: true,
    from_seq: expect.any(Number),
  });
  const erin = await connect("erin");
  await erin.received(2, 5_000);
  expect(erin.messages.map(({ id, payload, push: sent }) => [id, payload, sent])).toEqual([
    ["quiet", 1, undefined],
    ["loud", 3, undefined],
  ]);
  expect(erin.messages[0]!.seq).toBe(pushesTo("erin")[0]!.payload.data["from_seq"]);
  await erin.close();
});

test("a push field of the wrong form is refused by name, and nothing of it is sent", async () => {
  alice.send({ id: "bad", dest_id: "frank", payload: 1, push: { title: "x".repeat(201) } });
  await alice.settled(5_000);
  expect(alice.errors.at(-1)).toMatchObject({ code: "BAD_MESSAGE", id: "bad" });
  expect(alice.errors.at(-1)!.message).toContain("push.title is longer than 200 bytes");
  await untilDelayIsOver();
  expect(pushesTo("frank")).toEqual([]);
  expect(hook.faults).toEqual([]);
});
