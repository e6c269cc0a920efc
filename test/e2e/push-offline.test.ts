/** A node goes away, and is pushed to: once, and not at all where that is needless. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { startWebhookDouble, type WebhookDouble } from "../support/push/webhook-double.ts";
import { V1Client, type V1Options } from "../support/v1-client.ts";

let edge: Edge;
let hook: WebhookDouble;

beforeAll(async () => {
  hook = await startWebhookDouble();
  edge = await startEdge({ env: hook.settings() });
});

afterAll(async () => {
  await edge.close();
  await hook.close();
});

const connect = (nodeId: string, options: Partial<V1Options> = {}): Promise<V1Client> =>
  V1Client.connect({ url: edge.url, key: edge.key(nodeId), ...options });

test("a message for a node that is away calls the deployment's webhook", async () => {
  const alice = await connect("alice");
  alice.send({ id: "m1", dest_id: "bob", type: 1, payload: "hello" });
  await hook.untilCalls(1);
  await alice.settled(5_000);
  expect(hook.faults).toEqual([]);
  expect(hook.deliveries).toMatchObject([{ payload: { data: { node_id: "bob", src_id: "alice", type: 1 } } }]);
  await alice.close();
});
