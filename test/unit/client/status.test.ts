/** The connection as a visible state machine. */
import { expect } from "vitest";
import type { Status } from "../../../src/client/status.ts";
import { inState, test } from "./edge-test.ts";

test("each change is told once, with what belongs to it", async ({ edge, client }) => {
  const allspark = client();
  const told: Status[] = [];
  allspark.on("status", (status) => {
    expect(allspark.status).toBe(status);
    told.push(status);
  });
  expect(allspark.status).toEqual({ state: "idle" });
  await allspark.connect();
  edge.nextPreConnections.push({ cut: true });
  edge.connection.cut();
  await edge.connected(2);
  await inState(allspark, "connected");
  await allspark.close();
  const connected = { state: "connected", nodeId: "alice", clockOffsetMs: expect.any(Number) as number };
  expect(told).toEqual([
    { state: "connecting", attempt: 0 },
    { ...connected, connectionId: "connection-1" },
    { state: "waiting", attempt: 1, retryAt: expect.any(Number) as number, cause: expect.any(Error) as Error },
    { state: "connecting", attempt: 1 },
    { state: "waiting", attempt: 2, retryAt: expect.any(Number) as number, cause: expect.any(Error) as Error },
    { state: "connecting", attempt: 2 },
    { ...connected, connectionId: "connection-2" },
    { state: "closed" },
  ]);
});

test("the edge's clock is told against this one's", async ({ edge, client }) => {
  edge.first = (connection) => connection.welcome({ server_time: Date.now() + 3_600_000 });
  const allspark = client();
  await allspark.connect();
  const { clockOffsetMs } = await inState(allspark, "connected");
  expect(clockOffsetMs).toBeGreaterThan(3_590_000);
  expect(clockOffsetMs).toBeLessThanOrEqual(3_600_000);
});

test("a handler that throws breaks nothing, and is told of", async ({ client }) => {
  const allspark = client();
  const errors: unknown[] = [];
  const states: string[] = [];
  allspark.on("error", (error) => errors.push(error));
  allspark.on("status", () => {
    throw new Error("mine");
  });
  allspark.on("status", ({ state }) => states.push(state));
  await allspark.connect();
  expect(states).toEqual(["connecting", "connected"]);
  expect(errors).toMatchObject(Array(2).fill({ code: "HANDLER", message: "a handler of the app failed: mine" }));
});
