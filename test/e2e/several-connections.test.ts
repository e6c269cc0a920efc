/** One node with several connections: each message goes to one of them, and to another when that one breaks. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeState } from "../../src/durable/rpc.ts";
import { CLOSE } from "../../src/protocol/close-codes.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { V1Client, type V1Options } from "../support/v1-client.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

const connect = (nodeId: string, options: Partial<V1Options> = {}): Promise<V1Client> =>
  V1Client.connect({ url: edge.url, key: edge.key(nodeId), ...options });

test("each message reaches exactly one of three connections", { timeout: 30_000 }, async () => {
  const three = await Promise.all([connect("three"), connect("three"), connect("three")]);
  const sender = await connect("sender-to-three");
  for (let index = 0; index < 100; index += 1)
    sender.send({ id: `m${index}`, dest_id: "three", type: 1, payload: index });
  await sender.settled(10_000);
  // Acked is received: nothing can still be on its way.
  const got = three.flatMap((client) => client.messages.map((message) => message.payload as number));
  expect(got.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  expect(three.reduce((sum, client) => sum + client.receipts, 0)).toBe(100);
  await Promise.all([sender, ...three].map((client) => client.close()));
});

test("what a broken connection had not acked moves to the other, in order", { timeout: 30_000 }, async () => {
  const first = await connect("mover", { acks: "silent" });
  const sender = await connect("sender-to-mover");
  for (let index = 0; index < 50; index += 1)
    sender.send({ id: `m${index}`, dest_id: "mover", type: 1, payload: index });
  await first.received(50, 5_000);
  const second = await connect("mover");
  first.terminate();
  await second.received(50, 5_000);
  expect(second.messages.map((message) => message.payload)).toEqual(Array.from({ length: 50 }, (_, index) => index));
  await sender.settled(5_000);
  await Promise.all([sender.close(), second.close()]);
});

test("one connection too many closes the oldest with 4009", { timeout: 30_000 }, async () => {
  const clients: V1Client[] = [];
  for (let index = 0; index < LIMITS.maxConnectionsPerNode; index += 1) clients.push(await connect("many"));
  expect(clients.every((client) => client.closeCode === undefined)).toBe(true);
  clients.push(await connect("many"));
  const oldest = clients.shift() as V1Client;
  await oldest.closed(5_000);
  expect(oldest.closeCode).toBe(CLOSE.REPLACED);
  const state = await edge.call<NodeState>("GET", "/v1/nodes/many", edge.key("many"));
  expect(state.body.connections).toHaveLength(LIMITS.maxConnectionsPerNode);
  expect(clients.map((client) => client.closeCode)).toEqual(clients.map(() => undefined));
  await Promise.all(clients.map((client) => client.close()));
});
