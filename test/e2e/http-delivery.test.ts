/** Messages sent and read over HTTP alone. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { V1Client } from "../support/v1-client.ts";

interface Pushed {
  results: { node_id: string; status: string }[];
}

interface Inbox {
  messages: { payload: number; seq: number; src_id: string }[];
  more: boolean;
}

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

test("push_message answers a status for each node", { timeout: 30_000 }, async () => {
  const appKey = edge.key("the-app", { app: true });
  const online = await V1Client.connect({ url: edge.url, key: edge.key("push-online") });
  const to_nodes = ["push-online", "push-offline"];
  const pushed = await edge.call<Pushed>("POST", "/push_message", appKey, {
    to_nodes,
    payload: { type: 7, payload: "to all" },
  });
  expect(pushed.status).toBe(200);
  expect(statusesOf(pushed.body)).toEqual({ "push-online": "delivered", "push-offline": "stored" });
  await online.received(1, 5_000);
  expect(online.messages[0]).toMatchObject({ src_id: "the-app", type: 7, payload: "to all" });

  const rest = await edge.call<Pushed>("POST", "/v1/messages", appKey, { to_nodes, payload: "again" });
  expect(statusesOf(rest.body)).toEqual({ "push-online": "delivered", "push-offline": "stored" });
  await online.received(2, 5_000);
  expect(online.messages[1]).toMatchObject({ src_id: "the-app", payload: "again" });

  const refused = await edge.call("POST", "/push_message", edge.key("nobody"), { to_nodes, payload: "no" });
  expect(refused).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN", temporary: false } } });
  await online.close();
});

test("an inbox is read and acked without a socket", { timeout: 30_000 }, async () => {
  const sender = await V1Client.connect({ url: edge.url, key: edge.key("letter-writer") });
  for (let index = 0; index < 5; index += 1)
    sender.send({ id: `m${index}`, dest_id: "reader", type: 1, payload: index });
  await sender.settled(5_000);
  const key = edge.key("reader");
  const inbox = await edge.call<Inbox>("GET", "/v1/nodes/reader/inbox", key);
  expect(inbox.status).toBe(200);
  const messages = inbox.body.messages;
  expect(messages.map((message) => message.payload).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  expect(messages.every((message) => message.src_id === "letter-writer")).toBe(true);
  expect(inbox.body.more).toBe(false);
  const third = messages.find((message) => message.payload === 2);

  const other = await edge.call("GET", "/v1/nodes/reader/inbox", edge.key("letter-writer"));
  expect(other).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN" } } });

  const acked = await edge.call("POST", "/v1/nodes/reader/ack", key, { seq: third?.seq });
  expect(acked).toMatchObject({ status: 200, body: { removed: 3 } });
  const reader = await V1Client.connect({ url: edge.url, key });
  await reader.received(2, 5_000);
  expect(reader.messages.map((message) => message.payload)).toEqual([3, 4]);
  await Promise.all([sender.close(), reader.close()]);
});

function statusesOf(body: Pushed): Record<string, string> {
  return Object.fromEntries(body.results.map(({ node_id, status }) => [node_id, status]));
}
