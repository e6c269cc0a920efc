/** Recipients that are away, slow, silent or that die in mid-batch get everything, in order, and senders know it is safe. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { V1Client, type V1Options } from "../support/v1-client.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

const connect = (nodeId: string, options: Partial<V1Options> = {}): Promise<V1Client> =>
  V1Client.connect({ url: edge.url, key: edge.key(nodeId), ...options });

function sendAll(sender: V1Client, to: string, count: number): string[] {
  const ids = Array.from({ length: count }, (_, index) => `m${index}`);
  for (const id of ids) sender.send({ id, dest_id: to, type: 1, payload: id });
  return ids;
}

const payloads = (client: V1Client): unknown[] => client.messages.map((message) => message.payload);
const statuses = (client: V1Client): Set<string> => new Set(client.acked.values());

test("offline: senders are acked stored, all arrive in order when it comes", { timeout: 30_000 }, async () => {
  const sender = await connect("sender-to-offline");
  const ids = sendAll(sender, "offline", 300);
  await sender.settled(10_000);
  expect([...sender.acked.keys()]).toEqual(ids);
  expect(statuses(sender)).toEqual(new Set(["stored"]));
  const recipient = await connect("offline");
  await recipient.received(300, 10_000);
  expect(payloads(recipient)).toEqual(ids);
  expect(recipient.receipts).toBe(300);
  await Promise.all([sender.close(), recipient.close()]);
});

test("slow: acks every 300 ms, more than a window is on its way", { timeout: 30_000 }, async () => {
  const [sender, recipient] = await Promise.all([connect("sender-to-slow"), connect("slow", { acks: 300 })]);
  const ids = sendAll(sender, "slow", 600);
  await recipient.received(600, 20_000);
  await sender.settled(10_000);
  expect(payloads(recipient)).toEqual(ids);
  expect(sender.acked.size).toBe(600);
  expect(recipient.violations).toEqual([]);
  await Promise.all([sender.close(), recipient.close()]);
});

test(
  "silent: senders are acked stored after the grace, all arrive again after it returns",
  { timeout: 30_000 },
  async () => {
    const [sender, silent] = await Promise.all([connect("sender-to-silent"), connect("silent", { acks: "silent" })]);
    const started = performance.now();
    const ids = sendAll(sender, "silent", 100);
    await silent.received(100, 5_000);
    expect(sender.acked.size).toBe(0);
    await sender.settled(5_000);
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(statuses(sender)).toEqual(new Set(["stored"]));
    expect(payloads(silent)).toEqual(ids);

    silent.terminate();
    await silent.closed(5_000);
    const returned = await connect("silent");
    await returned.received(100, 5_000);
    expect(payloads(returned)).toEqual(ids);
    await Promise.all([sender.close(), returned.close()]);
  },
);

test(
  "dies in the middle of a batch: what it had not got arrives after resume, in order",
  { timeout: 30_000 },
  async () => {
    const [sender, mortal] = await Promise.all([
      connect("sender-to-mortal"),
      connect("mortal", { acks: "silent", dieAfter: 40 }),
    ]);
    const ids = sendAll(sender, "mortal", 200);
    await mortal.closed(5_000);
    await sender.settled(10_000);
    expect(payloads(mortal)).toEqual(ids.slice(0, 40));
    expect(statuses(sender)).toEqual(new Set(["stored"]));

    delete mortal.options.dieAfter;
    mortal.options.acks = "auto";
    await mortal.open();
    await mortal.received(200, 10_000);
    expect(payloads(mortal)).toEqual(ids);
    // Resume says what it got, so nothing comes twice.
    expect(mortal.receipts).toBe(200);
    expect(mortal.violations).toEqual([]);
    await Promise.all([sender.close(), mortal.close()]);
  },
);

test("live traffic joins the replay without a hole or a swap", { timeout: 30_000 }, async () => {
  const sender = await connect("sender-to-returning");
  const recipient = await connect("returning");
  sender.send({ id: "first", dest_id: "returning", type: 1, payload: "first" });
  await sender.settled(5_000);
  recipient.terminate();
  await recipient.closed(5_000);
  const waiting = sendAll(sender, "returning", 200);
  await sender.settled(10_000);
  const opening = recipient.open();
  const live = Array.from({ length: 100 }, (_, index) => `live${index}`);
  for (const id of live) sender.send({ id, dest_id: "returning", type: 1, payload: id });
  await opening;
  await recipient.received(301, 10_000);
  expect(payloads(recipient)).toEqual(["first", ...waiting, ...live]);
  expect(recipient.receipts).toBe(301);
  await sender.settled(5_000);
  await Promise.all([sender.close(), recipient.close()]);
});
