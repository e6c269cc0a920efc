/** A full inbox: how fast it drains, and what a sender is told when it takes no more. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { LIMITS } from "../../src/protocol/limits.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { V1Client } from "../support/v1-client.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge({ env: { ALLSPARK_MESSAGES_PER_SECOND: "1000000", ALLSPARK_BYTES_PER_SECOND: "1000000000" } });
}, 90_000);
afterAll(() => edge.close());

const connect = (nodeId: string): Promise<V1Client> => V1Client.connect({ url: edge.url, key: edge.key(nodeId) });

/** Sends `count` messages with at most 500 unacked and waits for the acks. */
async function fill(sender: V1Client, to: string, count: number): Promise<void> {
  for (let next = 0; next < count; next += 1) {
    if (sender.pending.size >= 500) await sender.until(() => sender.pending.size < 250, 10_000, "acks");
    sender.send({ id: `m${next}`, dest_id: to, type: 1, payload: next });
  }
  await sender.settled(20_000);
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test("7,000 pending messages drain in order within two seconds", { timeout: 60_000 }, async () => {
  const sender = await connect("filler");
  await fill(sender, "full-of-mail", 7_000);
  expect(sender.refused.size).toBe(0);
  expect(new Set(sender.acked.values())).toEqual(new Set(["stored"]));

  const started = performance.now();
  const recipient = await connect("full-of-mail");
  await recipient.received(7_000, 20_000);
  const ms = performance.now() - started;
  console.log(`7,000 pending messages: connected and drained in ${Math.round(ms)} ms`);
  expect(recipient.messages.map((message) => message.payload)).toEqual(numbers(7_000));
  expect(recipient.receipts).toBe(7_000);
  expect(ms).toBeLessThan(2_000);
  await Promise.all([sender.close(), recipient.close()]);
});

test(
  "at the cap the sender gets INBOX_FULL and the recipient exactly what was acked",
  { timeout: 60_000 },
  async () => {
    const sender = await connect("overfiller");
    await fill(sender, "overfull", LIMITS.inboxMessages);
    expect(sender.acked.size).toBe(LIMITS.inboxMessages);
    sender.send({ id: "one-too-many", dest_id: "overfull", type: 1, payload: "one too many" });
    await sender.settled(5_000);
    expect(sender.refused.get("one-too-many")).toBe("INBOX_FULL");
    expect(sender.errors).toMatchObject([{ code: "INBOX_FULL", temporary: true, id: "one-too-many" }]);

    const recipient = await connect("overfull");
    await recipient.received(LIMITS.inboxMessages, 20_000);
    // Whatever might wrongly follow the promised ones stands before this.
    sender.send({ id: "after", dest_id: "overfull", type: 1, payload: LIMITS.inboxMessages });
    await recipient.received(LIMITS.inboxMessages + 1, 5_000);
    expect(recipient.messages.map((message) => message.payload)).toEqual(numbers(LIMITS.inboxMessages + 1));
    expect(recipient.gaps).toEqual([]);
    await Promise.all([sender.close(), recipient.close()]);
  },
);
