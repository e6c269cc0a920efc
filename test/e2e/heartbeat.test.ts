/** The text `ping` is answered `pong` on both kinds of sockets, whatever else goes on. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClassicClient } from "../support/classic-client.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { V1Client } from "../support/v1-client.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

test("v1: ping, pong, and it is no protocol error", async () => {
  const client = await V1Client.connect({ url: edge.url, key: edge.key("beating") });
  expect(client.welcome).toMatchObject({ node_id: "beating", heartbeat_ms: 25_000, max_frame_bytes: 1_048_576 });
  client.sendRaw("ping");
  client.sendRaw("ping");
  await client.until(() => client.pongs === 2, 5_000, "two pongs");
  expect(client.errors).toEqual([]);
  await client.close();
});

test("classic: ping, pong", async () => {
  const client = await ClassicClient.connect(edge.url, edge.key("old-and-beating"));
  client.socket.send("ping");
  await client.until(() => client.pongs === 1, 5_000, "a pong");
  expect(client.errors).toEqual([]);
  await client.close();
});
