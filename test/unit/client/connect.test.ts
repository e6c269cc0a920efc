/** Connecting in two steps (PROTOCOL §2): which keys, and what connect() answers. */
import { expect } from "vitest";
import { WebSocket } from "ws";
import { rejectionOf, test } from "./edge-test.ts";

test("connect() asks for a validation key, opens the socket with it and resolves at WELCOME", async ({
  edge,
  client,
}) => {
  const allspark = client();
  await allspark.connect();
  expect(edge.calls).toEqual([{ method: "POST", path: "/v1/connections", key: "alice", body: undefined }]);
  expect(edge.connection).toMatchObject({ key: "alice", resume: undefined });
  expect(allspark.nodeId).toBe("alice");
  expect(allspark.status).toMatchObject({ state: "connected", nodeId: "alice", connectionId: "connection-1" });
});

test("each connection has a fresh key, in both steps", async ({ edge, client }) => {
  let count = 0;
  await client({ authKey: () => `alice:${++count}` }).connect();
  edge.connection.cut();
  await edge.connected(2);
  expect(edge.keys).toEqual(["alice:1", "alice:2"]);
  expect(edge.connections.map(({ key }) => key)).toEqual(["alice:1", "alice:2"]);
});

test("connecting twice, or when connected, is one connection", async ({ edge, client }) => {
  const allspark = client();
  await Promise.all([allspark.connect(), allspark.connect()]);
  await allspark.connect();
  expect(edge.connections).toHaveLength(1);
});

test("connect() after close() connects anew, and resumes", async ({ edge, client }) => {
  const allspark = client();
  allspark.on("message", () => {});
  await allspark.connect();
  edge.deliver({ payload: 1 });
  await edge.until(() => edge.connection.acks.includes(1), "the ack");
  await allspark.close();
  await allspark.connect();
  expect(edge.connection.resume).toEqual({ epoch: "epoch1", seq: 1 });
  expect(allspark.status.state).toBe("connected");
});

test("connect() while close() is under way opens again", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const closed = allspark.close();
  await allspark.connect();
  await closed;
  expect(allspark.status.state).toBe("connected");
  expect(edge.connections).toHaveLength(2);
});

test("close() while it connects rejects connect() with CLOSED, and nothing connects later", async ({
  edge,
  client,
}) => {
  let giveKey: (key: string) => void = () => {};
  const allspark = client({ authKey: () => new Promise((resolve) => (giveKey = resolve)) });
  const connecting = allspark.connect();
  await expect.poll(() => allspark.status.state).toBe("connecting");
  const outcome = rejectionOf(connecting);
  await allspark.close();
  giveKey("alice");
  expect(await outcome).toMatchObject({ name: "AllsparkError", code: "CLOSED", temporary: false });
  // Another one's whole way to a connection is time enough for this one's first step.
  await client().connect();
  expect(edge.keys).toEqual(["alice"]);
  expect(edge.connections).toHaveLength(1);
  expect(allspark.status).toEqual({ state: "closed" });
});

test("a handler that closes at the first status ends the attempt", async ({ edge, client }) => {
  const allspark = client();
  allspark.on("status", ({ state }) => {
    if (state === "connecting") void allspark.close();
  });
  await expect(allspark.connect()).rejects.toMatchObject({ code: "CLOSED" });
  await client().connect();
  expect(edge.connections).toHaveLength(1);
});

test("the WebSocket of `ws` does as well as the global one", async ({ edge, client }) => {
  const allspark = client({ WebSocket });
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  edge.deliver({ payload: 1 });
  expect(await allspark.send({ to: "bob" })).toMatchObject({ status: "delivered" });
  edge.connection.cut();
  await edge.connected(2);
  edge.deliver({ payload: 2 });
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  expect(got).toEqual([1, 2]);
});

test("a handler that closes when it tries again ends that, too: no key is asked for", async ({ edge, client }) => {
  let keys = 0;
  edge.nextPreConnections.push({ cut: true });
  const allspark = client({ authKey: () => `alice:${++keys}` });
  allspark.on("status", (status) => {
    if (status.state === "connecting" && status.attempt === 1) void allspark.close();
  });
  await expect(allspark.connect()).rejects.toMatchObject({ code: "CLOSED" });
  await client().connect();
  expect(keys).toBe(1);
});

test("close() twice is one end", async ({ client }) => {
  const allspark = client();
  const states: string[] = [];
  allspark.on("status", ({ state }) => states.push(state));
  await allspark.connect();
  await Promise.all([allspark.close(), allspark.close()]);
  expect(states).toEqual(["connecting", "connected", "closed"]);
});
