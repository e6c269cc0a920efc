/** Which nodes a client has: those that registered last under it, at most 1,000. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictClients, evictNodes } from "./evict.ts";
import { query } from "./storage.ts";

const FULL = /^upgrade refused with 409: .*"code":"CLIENT_FULL"/;

/** Registers so many nodes that never come, and takes the object out of memory. */
async function fillClient(clientId: string, nodes: number): Promise<void> {
  await query(
    env.CLIENT.getByName(clientId),
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO client_node SELECT 'filler-' || i, i FROM n`,
    nodes,
  );
  await evictClients([clientId]);
}

const nodesOf = async (clientId: string) =>
  (await query<{ node_id: string }>(env.CLIENT.getByName(clientId), "SELECT node_id FROM client_node")).map(
    ({ node_id }) => node_id,
  );

/** What a stranger is told who writes to the client, with the recipient acking what comes. */
async function tell(sender: Client, clientId: string, id: string, recipient?: Client): Promise<string | undefined> {
  sender.send({ id, dest_client_id: clientId, type: 1 });
  if (recipient !== undefined) {
    await recipient.until(() => recipient.messages.some((message) => message.id === id), `message ${id}`);
    recipient.ack();
  }
  const [status] = await sender.settled(id);
  return status ?? sender.errors.find((error) => error.id === id)!.code;
}

test("the 1,000th node is taken, the next refused, and those it has come and go", async () => {
  const [clientId, last, past] = [newId("client"), newId("last"), newId("past")];
  await fillClient(clientId, LIMITS.maxNodesPerClient - 1);
  const member = await Client.connect(last, { clientId });
  await expect(Client.connect(past, { clientId })).rejects.toThrow(FULL);
  await evictClients([clientId]);
  await expect(Client.connect(past, { clientId })).rejects.toThrow(FULL);
  const again = await Client.connect(last, { clientId });
  expect(await nodesOf(clientId)).toHaveLength(LIMITS.maxNodesPerClient);
  expect(await nodesOf(clientId)).not.toContain(past);

  const rpc = env.CLIENT.getByName(clientId);
  await rpc.removeNode("filler-1");
  const next = await Client.connect(past, { clientId });
  expect(await nodesOf(clientId)).toContain(past);
  await Promise.all([member, again, next].map((client) => client.close()));
});

test("a client nobody ever registered under is unknown, also after an eviction", async () => {
  const clientId = newId("client");
  const sender = await Client.connect(newId("a"));
  expect(await tell(sender, clientId, "k1")).toBe("CLIENT_UNKNOWN");
  await evictClients([clientId]);
  expect(await tell(sender, clientId, "k2")).toBe("CLIENT_UNKNOWN");
  expect(sender.errors.map(({ temporary }) => temporary)).toEqual([false, false]);
  await sender.close();
});

test("a node that comes under another client leaves the one before", async () => {
  const [b, before, after] = [newId("b"), newId("before"), newId("after")];
  const evict = () => Promise.all([evictNodes([b]), evictClients([before, after])]);
  const sender = await Client.connect(newId("a"));
  const first = await Client.connect(b, { clientId: before });
  expect(await tell(sender, before, "k1", first)).toBe("delivered");
  await first.close();
  await evict();
  const second = await Client.connect(b, { clientId: after });
  await evict();
  expect(await tell(sender, before, "k2")).toBe("CLIENT_UNKNOWN");
  expect(await tell(sender, after, "k3", second)).toBe("delivered");
  expect([await nodesOf(before), await nodesOf(after)]).toEqual([[], [b]]);
  await Promise.all([sender.close(), second.close()]);
});

test("a node that a full client refused is still reached under the one before", async () => {
  const [b, before, full] = [newId("b"), newId("before"), newId("full")];
  await fillClient(full, LIMITS.maxNodesPerClient);
  const sender = await Client.connect(newId("a"));
  const first = await Client.connect(b, { clientId: before });
  await expect(Client.connect(b, { clientId: full })).rejects.toThrow(FULL);
  const second = await Client.connect(b, { clientId: before });
  await first.close();
  expect(await nodesOf(before)).toEqual([b]);
  expect(await tell(sender, before, "k1", second)).toBe("delivered");
  await Promise.all([sender.close(), second.close()]);
});

test("two connections at once that name different clients leave the node in one of them", async () => {
  const [b, one, two] = [newId("b"), newId("one"), newId("two")];
  const connections = await Promise.all([one, two].map((clientId) => Client.connect(b, { clientId })));
  const { client_id: current } = await env.NODE.getByName(b).describe();
  const [other] = [one, two].filter((clientId) => clientId !== current);
  expect(await nodesOf(current!)).toEqual([b]);
  expect(await nodesOf(other!)).toEqual([]);
  await Promise.all(connections.map((client) => client.close()));
});
