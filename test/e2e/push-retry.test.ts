/** What goes wrong on the way of a push: services that are down, slow, or have forgotten the device; an edge that is killed. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Edge } from "../support/edge.ts";
import { startApnsDouble, type ApnsDouble } from "../support/push/apns-double.ts";
import { listTargets, register, startEdgeWithPush, until } from "../support/push/edge-with-push.ts";
import { startFcmDouble, type FcmDouble } from "../support/push/fcm-double.ts";
import { startWebPushDouble, type WebPushDouble } from "../support/push/web-push-double.ts";
import { startWebhookDouble, type WebhookDouble } from "../support/push/webhook-double.ts";

/** How long a service is down. The two minutes are for a run by hand: OUTAGE_MS=120000. */
const OUTAGE_MS = Number(process.env["OUTAGE_MS"] ?? 6_000);
const CALL_LIMIT_MS = 10_000;

let edge: Edge;
let fcm: FcmDouble;
let apns: ApnsDouble;
let web: WebPushDouble;
let hook: WebhookDouble;

beforeAll(async () => {
  [fcm, apns, web, hook] = await Promise.all([
    startFcmDouble(),
    startApnsDouble(),
    startWebPushDouble(),
    startWebhookDouble(),
  ]);
  edge = await startEdgeWithPush({ ...fcm.settings(), ...apns.settings(), ...web.settings() });
});

afterAll(async () => {
  await edge.close();
  await Promise.all([fcm, apns, web, hook].map((double) => double.close()));
});

afterEach(() => hook.failAll(undefined));

const app = () => edge.key("backend", { app: true });

async function send(nodeId: string): Promise<void> {
  const request = { to_nodes: [nodeId], payload: { type: 1, payload: "wake up" } };
  const { body } = await edge.call("POST", "/v1/messages", app(), request);
  expect(body).toEqual({ results: [{ node_id: nodeId, status: "stored" }] });
}

const deliveriesTo = (nodeId: string) => hook.deliveries.filter(({ payload }) => payload.data["node_id"] === nodeId);
const idsOf = (nodeId: string) => [...new Set(deliveriesTo(nodeId).map(({ id }) => id))];

test(
  "a service that is down for a while is called until it is back, and then gets the push once",
  { timeout: 400_000 },
  async () => {
    await register(edge, "patient", hook.target);
    hook.failAll({ status: 500 });
    const before = hook.calls.length;
    const began = Date.now();
    await send("patient");
    await until(() => Date.now() - began > OUTAGE_MS / 2, OUTAGE_MS, "half of the outage");
    hook.failAll("reset");
    await until(() => Date.now() - began > OUTAGE_MS, OUTAGE_MS, "the other half");
    const tries = hook.calls.length - before;
    expect(tries).toBeGreaterThanOrEqual(2);
    hook.failAll(undefined);
    const back = Date.now();
    await until(() => deliveriesTo("patient").length > 0, OUTAGE_MS / 3 + 10_000, "the push");
    console.log(`down for ${OUTAGE_MS} ms: ${tries} calls in vain, the push ${Date.now() - back} ms after`);
    // Another node's push, from beginning to end, and still no second one.
    await register(edge, "later", { ...hook.target, url: `${hook.target.url}` });
    await send("later");
    await until(() => deliveriesTo("later").length > 0, 5_000, "the other push");
    expect(deliveriesTo("patient")).toHaveLength(1);
    const ids = hook.calls.slice(before, before + tries + 1).map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids)).toEqual(new Set(idsOf("patient")));
    expect(hook.faults).toEqual([]);
  },
);

test("Retry-After is honoured", { timeout: 60_000 }, async () => {
  await register(edge, "asked", hook.target);
  const before = hook.calls.length;
  hook.failNext({ status: 429, headers: { "retry-after": "3" } });
  await send("asked");
  await until(() => deliveriesTo("asked").length > 0, 20_000, "the push");
  const [refused, taken] = hook.calls.slice(before);
  expect(taken!.at - refused!.at).toBeGreaterThanOrEqual(3_000);
});

test(
  "a service that does not answer within ten seconds is called again, under the same id",
  { timeout: 60_000 },
  async () => {
    await register(edge, "slow", hook.target);
    const before = hook.calls.length;
    hook.failNext({ slowMs: CALL_LIMIT_MS * 3 });
    await send("slow");
    await until(() => deliveriesTo("slow").length > 0, CALL_LIMIT_MS + 15_000, "the push");
    const [first, second] = hook.calls.slice(before);
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(CALL_LIMIT_MS);
    expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
  },
);

test("a redirect is not followed", async () => {
  await register(edge, "moved", hook.target);
  const before = hook.calls.length;
  hook.failNext({ status: 307, headers: { location: `${hook.url}/elsewhere` } });
  await send("moved");
  await hook.untilCalls(before + 1);
  await register(edge, "after-moved", hook.target);
  await send("after-moved");
  await until(() => deliveriesTo("after-moved").length > 0, 5_000, "the next push");
  expect(hook.calls.slice(before).map(({ path }) => path)).toEqual(["/hook", "/hook"]);
  expect(deliveriesTo("moved")).toEqual([]);
});

test("dead targets are gone after one try, and the others are called all the same", async () => {
  const device = "ab".repeat(32);
  const subscription = web.subscribe();
  await register(edge, "gone", { kind: "fcm", token: "a-dead-registration-token" });
  await register(edge, "gone", { kind: "apns", token: device, topic: apns.topic, environment: "sandbox" });
  await register(edge, "gone", { kind: "webpush", subscription });
  await register(edge, "gone", hook.target);
  fcm.kill("a-dead-registration-token");
  apns.kill(device);
  web.unsubscribe(subscription);
  const calls = [fcm, apns, web].map((double) => double.calls.length);
  await send("gone");
  await until(async () => (await listTargets(edge, "gone")).length === 1, 10_000, "dead targets to go");
  expect((await listTargets(edge, "gone")).map(({ kind }) => kind)).toEqual(["webhook"]);
  await until(() => deliveriesTo("gone").length > 0, 5_000, "the push");
  // Past the throttle the next one comes, and only where somebody is.
  await until(
    async () => {
      await send("gone");
      return deliveriesTo("gone").length > 1;
    },
    10_000,
    "the next push",
  );
  const sends = fcm.calls.filter(({ path }) => path.endsWith("messages:send"));
  expect(sends).toHaveLength(1);
  expect(apns.calls.length - calls[1]!).toBe(1);
  expect(web.calls.length - calls[2]!).toBe(1);
  expect([fcm.messages, apns.notifications, web.pushes]).toEqual([[], [], []]);
  expect([fcm, apns, web, hook].flatMap(({ faults }) => faults)).toEqual([]);
});

test(
  "an edge that is killed while a push waits to be tried again sends it once it is back",
  { timeout: 90_000 },
  async () => {
    await register(edge, "waiting", hook.target);
    hook.failAll({ status: 503 });
    const before = hook.calls.length;
    await send("waiting");
    await hook.untilCalls(before + 2);
    await edge.kill();
    hook.failAll(undefined);
    await edge.restart();
    await until(() => deliveriesTo("waiting").length > 0, 30_000, "the push");
    expect(deliveriesTo("waiting").length).toBeLessThanOrEqual(2);
    expect(idsOf("waiting")).toHaveLength(1);
  },
);

test(
  "an edge that is killed while a service has its call sends it again: at most twice, under the same id",
  { timeout: 90_000 },
  async () => {
    await register(edge, "caught", hook.target);
    const before = hook.calls.length;
    // It is taken, and the answer never arrives.
    hook.failNext({ slowMs: 3_000 });
    await send("caught");
    await hook.untilCalls(before + 1);
    await edge.kill();
    await edge.restart();
    await until(() => hook.calls.length >= before + 2, 30_000, "the second call");
    await until(() => deliveriesTo("caught").length > 0, 10_000, "the push");
    await register(edge, "after-caught", hook.target);
    await send("after-caught");
    await until(() => deliveriesTo("after-caught").length > 0, 10_000, "the next push");
    expect(deliveriesTo("caught").length).toBeLessThanOrEqual(2);
    expect(idsOf("caught")).toHaveLength(1);
    expect(hook.faults).toEqual([]);
  },
);
