/** Messages to a client reach each of its nodes once and in order, while the client's object comes and goes. */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictClients } from "./evict.ts";

const ROUNDS = 12;
const PER_ROUND = 15;

/** Reads and acks until so many messages have come. */
async function read(client: Client, total: number): Promise<void> {
  for (let have = client.messages.length; have < total; have = client.messages.length) {
    await client.received(have + 1);
    client.ack();
  }
}

test("evicted in the middle of the stream", async () => {
  const clientId = newId("client");
  // The sender is a node of the client, too: what it says is for the others.
  const [sender, ...members] = await Promise.all(
    ["a", "b", "c"].map((name) => Client.connect(newId(name), { clientId })),
  );
  const ids = Array.from({ length: ROUNDS * PER_ROUND }, (_, i) => `k${i}`);
  const reading = members.map((member) => read(member, ids.length));
  for (let i = 0; i < ids.length; i += PER_ROUND) {
    const frame = ids.slice(i, i + PER_ROUND);
    sender!.send(...frame.map((id) => ({ id, dest_client_id: clientId, type: 1 })));
    await evictClients([clientId]);
  }
  await Promise.all(reading);
  const statuses = await sender!.settled(...ids);
  expect(sender!.errors).toEqual([]);
  expect(statuses.filter((status) => status !== "delivered" && status !== "stored")).toEqual([]);
  for (const member of members) expect(member.messages.map(({ id }) => id)).toEqual(ids);
  expect(sender!.messages).toEqual([]);
  await Promise.all([sender!, ...members].map((client) => client.close()));
});

test("a node that is away gets its copy later, one that is there at once", async () => {
  const [clientId, away] = [newId("client"), newId("away")];
  await (await Client.connect(away, { clientId })).close();
  const [sender, member] = await Promise.all([Client.connect(newId("a")), Client.connect(newId("b"), { clientId })]);
  const ids = ["k1", "k2", "k3"];
  for (const id of ids) {
    sender.send({ id, dest_client_id: clientId, type: 1 });
    await read(member, ids.indexOf(id) + 1);
    expect(await sender.settled(id)).toEqual(["stored"]);
    await evictClients([clientId]);
  }
  const back = await Client.connect(away);
  await read(back, ids.length);
  for (const client of [member, back]) expect(client.messages.map(({ id }) => id)).toEqual(ids);
  await Promise.all([sender, member, back].map((client) => client.close()));
});
