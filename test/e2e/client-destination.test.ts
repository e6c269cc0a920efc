/** dest_client_id: every node of a client but the sender's own, online or not. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { V1Client } from "../support/v1-client.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

const connect = (nodeId: string, clientId?: string): Promise<V1Client> =>
  V1Client.connect({ url: edge.url, key: edge.key(nodeId, clientId === undefined ? {} : { clientId }) });

test("all nodes of the client get it, the sender's own does not", { timeout: 30_000 }, async () => {
  const [phone, laptop, watch] = await Promise.all([
    connect("phone", "ann"),
    connect("laptop", "ann"),
    connect("watch", "ann"),
  ]);
  const stranger = await connect("stranger");
  // The watch is away and finds its copies later.
  await watch.close();

  for (const id of ["a", "b", "c"]) stranger.send({ id, dest_client_id: "ann", type: 1, payload: id });
  await stranger.settled(10_000);
  expect([...stranger.acked.keys()]).toEqual(["a", "b", "c"]);
  phone.send({ id: "d", dest_client_id: "ann", type: 1, payload: "d" });
  await phone.settled(10_000);
  await laptop.received(4, 5_000);
  await watch.open();
  await watch.received(4, 5_000);
  // A message of its own that came back would stand before this one.
  stranger.send({ id: "end", dest_id: "phone", type: 1, payload: "end" });
  await phone.received(4, 5_000);

  expect(phone.messages.map((message) => message.payload)).toEqual(["a", "b", "c", "end"]);
  expect(laptop.messages.map((message) => message.payload)).toEqual(["a", "b", "c", "d"]);
  expect(watch.messages.map((message) => message.payload)).toEqual(["a", "b", "c", "d"]);
  expect(laptop.messages[3]).toMatchObject({ src_id: "phone", src_client_id: "ann" });
  expect(laptop.messages[0]).not.toHaveProperty("src_client_id");
  await Promise.all([phone, laptop, watch, stranger].map((client) => client.close()));
});

test("a client that nobody registered under is an error", async () => {
  const sender = await connect("sender-to-nobody");
  sender.send({ id: "m", dest_client_id: "no-such-client", type: 1, payload: 1 });
  await sender.settled(5_000);
  expect(sender.refused.get("m")).toBe("CLIENT_UNKNOWN");
  await sender.close();
});
