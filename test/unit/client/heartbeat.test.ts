/** Heartbeats notice a socket that is dead and looks open. */
import { expect, vi } from "vitest";
import { test } from "./edge-test.ts";

test("it sends ping every heartbeat_ms, and stays while pong comes", async ({ edge, client }) => {
  edge.heartbeatMs = 20;
  const allspark = client();
  const states: string[] = [];
  await allspark.connect();
  allspark.on("status", ({ state }) => states.push(state));
  await edge.until(() => edge.connection.pings >= 4, "four pings");
  expect(states).toEqual([]);
});

test("no pong in time: it reconnects and sends again what was open", async ({ edge, client }) => {
  edge.heartbeatMs = 20;
  const allspark = client({ pongTimeoutMs: 100 });
  const causes: unknown[] = [];
  allspark.on("status", (status) => status.state === "waiting" && causes.push(status.cause));
  await allspark.connect();
  edge.answersPings = false;
  edge.onMessage = () => "hold";
  const sent = allspark.send({ to: "bob" });
  await edge.until(() => edge.received.length === 1, "the message");
  await edge.until(() => edge.connections[0]!.closeCode !== undefined, "the end of the first socket");
  edge.answersPings = true;
  edge.onMessage = () => "ack";
  expect(await sent).toMatchObject({ status: "delivered" });
  expect(causes[0]).toMatchObject({ name: "ConnectionError", code: "TIMEOUT", temporary: true });
  expect(edge.connections[0]!.pings).toBeLessThanOrEqual(2);
});

test("any frame is a sign of life", async ({ edge, client }) => {
  edge.heartbeatMs = 50;
  edge.answersPings = false;
  const allspark = client({ pongTimeoutMs: 1_000 });
  const states: string[] = [];
  allspark.on("message", () => {});
  await allspark.connect();
  allspark.on("status", ({ state }) => states.push(state));
  const { connection } = edge;
  // Each ping is answered by a message instead of a pong: past the time for one pong, many have gone by.
  let answered = 0;
  await edge.until(() => {
    while (answered < connection.pings) {
      answered++;
      connection.send({ src_id: "bob", volatile: true });
    }
    return connection.pings >= 25;
  }, "25 pings");
  expect(states).toEqual([]);
});

test("a frame that is no message ends the connection, and the next goes on", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  const causes: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  allspark.on("status", (status) => status.state === "waiting" && causes.push(status.cause));
  await allspark.connect();
  const garbage = [
    "{",
    "5",
    "null",
    "[null]",
    '[{"seq":1},"x"]',
    '{"type":-6}',
    '{"type":-1}',
    '{"type":-6,"payload":{"acks":[null]}}',
  ];
  for (const [i, frame] of garbage.entries()) {
    edge.connection.sendRaw(frame);
    await edge.connected(i + 2);
  }
  edge.connection.sendRaw(Buffer.from([1, 2, 3]));
  await edge.connected(garbage.length + 2);
  edge.deliver({ payload: "fine" });
  await expect.poll(() => got).toEqual(["fine"]);
  expect(causes).toMatchObject(Array(garbage.length + 1).fill({ code: "PROTOCOL", temporary: true }));
});

test("it asks for a sign of life as soon as it is connected, and when it sends after a silence", async ({
  edge,
  client,
}) => {
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    const allspark = client();
    await allspark.connect();
    const { connection } = edge;
    await edge.until(() => connection.pings === 1, "the first ping");
    await allspark.send({ to: "bob" });
    expect(connection.pings).toBe(1);
    vi.setSystemTime(Date.now() + 11_000);
    await allspark.send({ to: "bob" });
    expect(connection.pings).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});
