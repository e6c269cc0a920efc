/** What is known of a node outlives its object's time in memory. */
import { expect, test } from "vitest";
import type { NodeState } from "../../../src/durable/rpc.ts";
import { appKey, bearer, call, env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictClients, evictNodes } from "./evict.ts";
import { query } from "./storage.ts";

async function put(nodeId: string, change: { client_id?: string | null; addr?: string | null }): Promise<NodeState> {
  const response = await call(`/v1/nodes/${nodeId}`, {
    method: "PUT",
    headers: { ...bearer(await appKey()), "content-type": "application/json" },
    body: JSON.stringify(change),
  });
  expect(response.status).toBe(200);
  return response.json<NodeState>();
}

test.each(["v1", "classic"] as const)("a gcm_key, given over %s and replaced", async (mode) => {
  const nodeId = newId();
  const client = await Client.connect(nodeId, { mode });
  for (const key of ["token-1", "x".repeat(4_096)]) {
    await client.config({ update_gcm_key: key });
    await evictNodes([nodeId]);
    expect(await query(env.NODE.getByName(nodeId), "SELECT gcm_key FROM node")).toEqual([{ gcm_key: key }]);
  }
  client.send({ type: -101, payload: { update_gcm_key: "x".repeat(4_097) } });
  await client.until(() => client.errors.length > 0, "an error");
  expect(client.errors).toMatchObject([{ code: "BAD_MESSAGE", message: expect.stringContaining("update_gcm_key") }]);
  // Another request of the same client changes nothing of it.
  await client.config({ fetch_inbox_messages: true });
  await evictNodes([nodeId]);
  expect(await query(env.NODE.getByName(nodeId), "SELECT gcm_key FROM node")).toEqual([{ gcm_key: "x".repeat(4_096) }]);
  await client.close();
});

test("the client and address that an app gave it, on live connections and for new ones", async () => {
  const [a, b, clientId] = [newId("a"), newId("b"), newId("client")];
  const evict = () => Promise.all([evictNodes([a, b]), evictClients([clientId])]);
  const [member, other] = await Promise.all([Client.connect(a), Client.connect(b)]);
  const state = await put(a, { client_id: clientId, addr: "10.0.0.7" });
  expect(state).toMatchObject({ client_id: clientId, addr: "10.0.0.7" });
  await evict();
  expect(await env.NODE.getByName(a).describe()).toMatchObject({ client_id: clientId, addr: "10.0.0.7" });

  const stamps: unknown[] = [];
  const send = async (from: Client) => {
    from.send({ id: `m${stamps.length}`, dest_id: b, type: 1 });
    await other.received(stamps.length + 1);
    stamps.push(other.messages.at(-1)!.src_client_id);
    other.ack();
  };
  await send(member);
  await evict();
  // Its key names no client: the node keeps the one that it was given.
  const newer = await Client.connect(a);
  await send(newer);
  expect(stamps).toEqual([clientId, clientId]);
  await member.close();
  await evict();

  other.send({ id: "to-client", dest_client_id: clientId, type: 1 });
  await newer.received(1);
  newer.ack();
  expect(await other.settled("to-client")).toEqual(["delivered"]);

  expect(await put(a, { client_id: null })).toMatchObject({ client_id: null, addr: "10.0.0.7" });
  await evict();
  await send(newer);
  expect(stamps).toEqual([clientId, clientId, undefined]);
  other.send({ id: "to-nobody", dest_client_id: clientId, type: 1 });
  await other.settled("to-nobody");
  expect(other.errors).toMatchObject([{ code: "CLIENT_UNKNOWN", id: "to-nobody" }]);
  await Promise.all([newer.close(), other.close()]);
});
