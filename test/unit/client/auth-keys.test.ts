/** Keys that fail, are refused, or are renewed. */
import { expect } from "vitest";
import { inState, test } from "./edge-test.ts";

test("a key function that fails is asked again after a while", async ({ client }) => {
  let calls = 0;
  const allspark = client({
    authKey: () => {
      if (++calls < 3) throw new Error("offline");
      return "alice";
    },
  });
  const causes: string[] = [];
  allspark.on(
    "status",
    (status) => status.state === "waiting" && causes.push(`${status.cause.code} ${status.cause.message}`),
  );
  await allspark.connect();
  expect(calls).toBe(3);
  expect(causes).toEqual(Array(2).fill("NETWORK there is no key: Error: offline"));
});

test("a key in the options that is refused is the end", async ({ edge, client }) => {
  edge.refusedKeys.add("alice");
  const allspark = client({ authKey: "alice" });
  await expect(allspark.connect()).rejects.toMatchObject({ name: "RefusedError", code: "AUTH_INVALID", status: 401 });
  expect(allspark.status).toMatchObject({ state: "failed", error: { code: "AUTH_INVALID" } });
  expect(edge.keys).toEqual(["alice"]);
});

test("a key that is refused is renewed at once, and the socket opens with the new one", async ({ edge, client }) => {
  edge.refusedKeys.add("alice:1");
  let count = 0;
  const states: string[] = [];
  const allspark = client({ authKey: () => `alice:${++count}` });
  allspark.on("status", ({ state }) => states.push(state));
  await allspark.connect();
  expect(edge.keys).toEqual(["alice:1", "alice:2"]);
  expect(edge.connection.key).toBe("alice:2");
  expect(states).toEqual(["connecting", "connected"]);
});

test("a key function that gives bad keys only is given up in the end", async ({ edge, client }) => {
  edge.refusedKeys.add("alice");
  const allspark = client();
  await expect(allspark.connect()).rejects.toMatchObject({ code: "AUTH_INVALID" });
  expect(edge.keys.length).toBeGreaterThan(2);
});

test("an outage before does not count against the keys", async ({ edge, client }) => {
  for (let i = 0; i < 5; i++) edge.nextPreConnections.push({ cut: true });
  let refusals = 0;
  const allspark = client({
    authKey: () => {
      if (edge.keys.length < 5 || ++refusals > 2) return "alice";
      edge.refusedKeys.add("alice:old");
      return "alice:old";
    },
  });
  await allspark.connect();
  expect(edge.keys.filter((key) => key === "alice:old")).toHaveLength(2);
});

test("a node that was refused can connect again with another key", async ({ edge, client }) => {
  edge.refusedKeys.add("alice:bad");
  let key = "alice:bad";
  const allspark = client({ authKey: () => key });
  await expect(allspark.connect()).rejects.toMatchObject({ code: "AUTH_INVALID" });
  key = "alice:good";
  await allspark.connect();
  await inState(allspark, "connected");
});

test("a call whose key is refused fetches another, once", async ({ edge, client }) => {
  let count = 0;
  const allspark = client({ authKey: () => `alice:${++count}` });
  await allspark.connect();
  edge.refusedKeys.add("alice:1");
  edge.answers.set("GET /v1/sessions/s/state", { version: 0, fencing_number: 1, written_at: null });
  await allspark.sessions.readState("s");
  expect(edge.calls.slice(1).map(({ key }) => key)).toEqual(["alice:1", "alice:2"]);
  edge.refusedKeys.add("alice:2").add("alice:3");
  await expect(allspark.sessions.readState("s")).rejects.toMatchObject({ name: "RefusedError", status: 401 });
  expect(edge.calls.slice(3).map(({ key }) => key)).toEqual(["alice:2", "alice:3"]);
});

test.for([
  ["a string", "alice\n"],
  ["what a function answers", () => "\talice\r\n"],
] as const)("space around a key does not count: %s", async ([, authKey], { edge, client }) => {
  await client({ authKey }).connect();
  expect(edge.connection.key).toBe("alice");
});

test.for(["<html>\nBad Gateway", "", "schlüssel 1", undefined as never])(
  "an answer that is no key (%j) is tried again as a failure is, and never told",
  async (answer, { edge, client }) => {
    const answers = [answer];
    const allspark = client({ authKey: () => (answers.length > 0 ? answers.pop()! : "alice") });
    const causes: string[] = [];
    allspark.on("status", (status) => status.state === "waiting" && causes.push(status.cause.message));
    await allspark.connect();
    expect(causes).toEqual(["there is no key: TypeError: authKey answered none"]);
    expect(edge.keys).toEqual(["alice"]);
  },
);

test("a call without a key rejects with an error of the library", async ({ edge, client }) => {
  const cause = new Error("offline");
  const allspark = client({ authKey: () => Promise.reject(cause) });
  await expect(allspark.sessions.info("s")).rejects.toMatchObject({ code: "NETWORK", temporary: true, cause });
  expect(edge.calls).toEqual([]);
});
