/** What goes wrong before WELCOME, and whether the client comes back. */
import { expect } from "vitest";
import { refusal } from "../../support/fake-edge.ts";
import { inState, test } from "./edge-test.ts";

test.for([
  [429, "SLOW_DOWN"],
  [503, "UNAVAILABLE"],
] as const)("HTTP %i with Retry-After is waited out", async ([status, code], { edge, client }) => {
  edge.nextPreConnections.push(refusal(status, code, { retryAfterS: 1 }));
  const allspark = client();
  const connecting = allspark.connect();
  const { retryAt, cause } = await inState(allspark, "waiting");
  expect(cause).toMatchObject({ name: "RefusedError", code, temporary: true, retryAfterMs: 1_000 });
  const begun = Date.now();
  expect(retryAt - begun).toBeGreaterThan(700);
  expect(retryAt - begun).toBeLessThanOrEqual(1_020);
  await connecting;
  expect(Date.now()).toBeGreaterThanOrEqual(retryAt - 1);
});

test("Retry-After of something in between is obeyed, too", async ({ edge, client }) => {
  edge.nextPreConnections.push({ status: 503, body: "<h1>busy</h1>", headers: { "retry-after": "1000" } });
  const allspark = client();
  void allspark.connect().catch(() => {});
  const { retryAt, cause } = await inState(allspark, "waiting");
  expect(cause).toMatchObject({ name: "ConnectionError", code: "NETWORK" });
  expect(retryAt - Date.now()).toBeGreaterThan(900_000);
});

test.for([
  [403, "FORBIDDEN"],
  [409, "CLIENT_FULL"],
  [500, "MISCONFIGURED"],
] as const)("HTTP %i %s is the end", async ([status, code], { edge, client }) => {
  edge.nextPreConnections.push(refusal(status, code));
  const allspark = client();
  await expect(allspark.connect()).rejects.toMatchObject({ name: "RefusedError", code, status, temporary: false });
  expect(allspark.status.state).toBe("failed");
  expect(edge.calls).toHaveLength(1);
});

test.for([
  ["an answer without JSON", { body: "<h1>hello</h1>" }, "PROTOCOL"],
  ["an answer without ws_url", { body: {} }, "PROTOCOL"],
  ["a page that is not there", { status: 404, body: "nothing here" }, "NETWORK"],
] as const)("%s is no Allspark: the end", async ([, answer, code], { edge, client }) => {
  edge.nextPreConnections.push(answer);
  await expect(client().connect()).rejects.toMatchObject({ code, temporary: false });
});

test.for([
  ["a torn connection", { cut: true }],
  ["HTTP 502", { status: 502, body: "bad gateway" }],
] as const)("%s in the first step is tried again", async ([, answer], { edge, client }) => {
  edge.nextPreConnections.push(answer);
  await client().connect();
  expect(edge.calls).toHaveLength(2);
});

test("an upgrade that is refused is tried again, from the first step", async ({ edge, client }) => {
  edge.nextUpgrades.push(500, 503);
  await client().connect();
  expect(edge.keys).toHaveLength(3);
  expect(edge.connections).toHaveLength(1);
});

test("an edge that does not answer in time is tried again", async ({ edge, client }) => {
  edge.nextPreConnections.push({ hang: true });
  const allspark = client({ connectTimeoutMs: 200 });
  const causes: string[] = [];
  allspark.on("status", (status) => status.state === "waiting" && causes.push(status.cause.code));
  await allspark.connect();
  expect(causes).toEqual(["TIMEOUT"]);
});

test("a socket without WELCOME counts as no answer", async ({ edge, client }) => {
  edge.first = (connection) => edge.connections.length > 1 && connection.welcome();
  const allspark = client({ connectTimeoutMs: 500 });
  await allspark.connect();
  expect(edge.connections).toHaveLength(2);
  await edge.until(() => edge.connections[0]!.closeCode !== undefined, "the end of the first socket");
});

test.for([
  ["is another message", JSON.stringify({ payload: 1 })],
  ["is an empty array", "[]"],
  ["is not JSON", "{"],
  ["is null", "null"],
] as const)("a first frame that %s ends the attempt", async ([, frame], { edge, client }) => {
  edge.first = (connection) => (edge.connections.length > 1 ? connection.welcome() : connection.sendRaw(frame));
  const allspark = client();
  const causes: unknown[] = [];
  allspark.on("status", (status) => status.state === "waiting" && causes.push(status.cause));
  await allspark.connect();
  expect(causes).toMatchObject([{ name: "ConnectionError", code: "PROTOCOL", temporary: true }]);
});

test("WELCOME may share its frame with what follows", async ({ edge, client }) => {
  edge.first = (connection) => {
    const payload = { node_id: "alice", connection_id: "c", epoch: "epoch1", seq: 0, heartbeat_ms: 25_000 };
    edge.gave(0);
    connection.send({ type: -2, payload }, { seq: 1, src_id: "bob", payload: "hello" });
  };
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  await expect.poll(() => got).toEqual(["hello"]);
  await edge.until(() => edge.connection.acks.includes(1), "the ack");
});

test("what waits for a refused upgrade goes out in the end", async ({ edge, client }) => {
  edge.nextUpgrades.push(503);
  const allspark = client();
  const sent = allspark.send({ to: "bob", payload: 1 });
  await allspark.connect();
  expect(await sent).toMatchObject({ status: "delivered" });
});

test("a WebSocket that throws is told as that, and tried again", async ({ client }) => {
  let calls = 0;
  class Throwing extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      if (++calls === 1) throw new Error("insecure");
      super(url, protocols);
    }
  }
  const allspark = client({ WebSocket: Throwing });
  const causes: string[] = [];
  allspark.on("status", (status) => status.state === "waiting" && causes.push(status.cause.message));
  await allspark.connect();
  expect(causes).toEqual(["no socket: Error: insecure"]);
});
