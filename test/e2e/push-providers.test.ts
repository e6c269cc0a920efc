/** All four services through the whole product: registered in every way, each called with what it documents, listed without secrets. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Allspark } from "../../src/client/index.ts";
import { LIMITS } from "../../src/protocol/limits.ts";
import { ClassicClient } from "../support/classic-client.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { startApnsDouble, type ApnsDouble } from "../support/push/apns-double.ts";
import { listTargets, register, startEdgeWithPush, until } from "../support/push/edge-with-push.ts";
import { startFcmDouble, type FcmDouble } from "../support/push/fcm-double.ts";
import { startWebPushDouble, type WebPushDouble } from "../support/push/web-push-double.ts";
import { startWebhookDouble, type WebhookDouble } from "../support/push/webhook-double.ts";
import { V1Client } from "../support/v1-client.ts";

const DEVICE = "cd".repeat(32);
const SECRET = "whsec_bm9ib2R5IGtub3dzIHRoaXMgc2VjcmV0IG9mIG91cnM=";

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

const app = () => edge.key("backend", { app: true });
const targetsOf = (nodeId: string, rest = "") => `/v1/nodes/${nodeId}/push-targets${rest}`;

test("registered over both kinds of socket, HTTP and the library; each service gets what it documents", async () => {
  const classic = await ClassicClient.connect(edge.url, edge.key("bob"));
  const answer = await classic.config({ update_gcm_key: "a-registration-token" });
  expect(answer).toMatchObject({ push_targets: [{ kind: "fcm" }] });
  await classic.close();

  const v1 = await V1Client.connect({ url: edge.url, key: edge.key("bob") });
  v1.sendRaw(
    JSON.stringify({
      type: -101,
      payload: {
        push_target: { kind: "apns", token: DEVICE.toUpperCase(), topic: apns.topic, environment: "sandbox" },
      },
    }),
  );
  await until(async () => (await listTargets(edge, "bob")).length === 2, 5_000, "the second target");
  await v1.close();

  const subscription = web.subscribe();
  const form = new URLSearchParams({ subscription: JSON.stringify(subscription) });
  const put = await fetch(edge.url + targetsOf("bob", "/webpush"), {
    method: "PUT",
    headers: { authorization: `Bearer ${edge.key("bob")}` },
    body: form,
  });
  expect(put.status).toBe(200);

  const library = new Allspark({ url: edge.url, authKey: edge.key("backend", { app: true }) });
  await library.push.add(hook.target, "bob");
  const listed = await listTargets(edge, "bob");
  expect(listed.map(({ kind }) => kind)).toEqual(["fcm", "apns", "webpush", "webhook"]);

  // Whoever may list them may know which they are, and nothing by which they could be called.
  const told = JSON.stringify(listed);
  const { keys, endpoint } = subscription;
  for (const secret of [
    "a-registration-token",
    DEVICE,
    endpoint,
    keys.p256dh,
    keys.auth,
    hook.target.secret,
    "/hook",
  ]) {
    expect(told).not.toContain(secret);
  }

  await library.connect();
  const sent = await library.send({
    to: "bob",
    type: 3,
    payload: "x",
    push: { title: "Dinner", body: "7 pm?", data: { room: "4" } },
  });
  expect(sent.status).toBe("stored");
  const counts = () => [fcm.messages, apns.notifications, web.pushes, hook.deliveries].map(({ length }) => length);
  await until(() => counts().every((count) => count === 1), 10_000, "a push at each");
  const from = { from_seq: expect.anything(), node_id: "bob" };
  expect(fcm.messages[0]).toMatchObject({
    token: "a-registration-token",
    notification: { title: "Dinner", body: "7 pm?" },
    data: { message: "Dinner", payload1: "backend", notification_type: "101", type: "3", room: "4", ...from },
  });
  expect(web.pushes[0]).toMatchObject({
    endpoint,
    payload: { title: "Dinner", body: "7 pm?", src_id: "backend", type: 3, data: { room: "4" }, ...from },
  });
  expect(hook.deliveries[0]!.payload.data).toMatchObject({ title: "Dinner", src_id: "backend", ...from });
  expect(JSON.stringify(apns.notifications[0])).toContain("7 pm?");
  await library.close();
  expect([fcm, apns, web, hook].flatMap(({ faults }) => faults)).toEqual([]);
});

test("access tokens are made once for many pushes", async () => {
  const given = fcm.tokensGiven;
  const before = fcm.messages.length;
  const nodes = Array.from({ length: 12 }, (_, i) => `phone-${i}`);
  await Promise.all(nodes.map((nodeId) => register(edge, nodeId, { kind: "fcm", token: `token-of-${nodeId}` })));
  await edge.call("POST", "/v1/messages", app(), { to_nodes: nodes, payload: { type: 1 } });
  await until(() => fcm.messages.length === before + nodes.length, 10_000, "a push for each");
  expect(fcm.tokensGiven).toBeLessThanOrEqual(Math.max(given, 1));
  expect(fcm.faults).toEqual([]);
});

test("a test push says how each target took it", async () => {
  await register(edge, "tester", { kind: "fcm", token: "a-dead-token-of-tester" });
  await register(edge, "tester", hook.target);
  fcm.kill("a-dead-token-of-tester");
  const { status, body } = await edge.call("POST", targetsOf("tester", "/test"), edge.key("tester"));
  expect(status).toBe(200);
  expect(body).toEqual({
    results: [
      { id: expect.any(String), kind: "fcm", result: "dead", why: expect.stringContaining("UNREGISTERED") },
      { id: expect.any(String), kind: "webhook", result: "sent" },
    ],
  });
  expect((await listTargets(edge, "tester")).map(({ kind }) => kind)).toEqual(["webhook"]);
  const again = await edge.call("POST", targetsOf("tester", "/test"), edge.key("tester"));
  expect([again.status, JSON.stringify(again.body)]).toEqual([429, expect.stringContaining("once in five seconds")]);
});

test("ten targets, and no eleventh; they are removed by kind, by token and by id", async () => {
  for (let i = 0; i < LIMITS.maxPushTargetsOfNode; i++) await register(edge, "many", { kind: "fcm", token: `t${i}` });
  const eleventh = { kind: "fcm", token: "t-eleven" };
  expect(await edge.call("PUT", targetsOf("many", "/fcm"), edge.key("many"), eleventh)).toMatchObject({
    status: 409,
    body: { error: { code: "PUSH_TARGETS_FULL" } },
  });
  const socket = await V1Client.connect({ url: edge.url, key: edge.key("many") });
  socket.sendRaw(JSON.stringify({ id: "c", type: -101, payload: { push_target: eleventh } }));
  await socket.until(() => socket.errors.length > 0, 5_000, "a refusal");
  expect(socket.errors[0]!.message).toContain("as many push targets");
  await register(edge, "many", { kind: "fcm", token: "t3" });
  const [first] = await listTargets(edge, "many");
  const remove = async (query: string) =>
    (await edge.call<{ removed: number }>("DELETE", targetsOf("many", `/fcm${query}`), edge.key("many"))).body.removed;
  expect(await remove("?token=t3")).toBe(1);
  expect(await remove("?token=t3")).toBe(0);
  expect(await remove(`?id=${first!.id}`)).toBe(1);
  expect(await remove("")).toBe(8);
  expect(await listTargets(edge, "many")).toEqual([]);
  await socket.close();
});

test("a node's targets are for itself and the app; a revoked node loses them", async () => {
  await register(edge, "own", hook.target);
  const foreign = edge.key("stranger");
  const calls = [
    ["GET", ""],
    ["PUT", "/webhook"],
    ["DELETE", "/webhook"],
    ["POST", "/test"],
  ] as const;
  for (const [method, rest] of calls) {
    expect((await edge.call(method, targetsOf("own", rest), foreign, method === "GET" ? undefined : {})).status).toBe(
      403,
    );
  }
  expect((await edge.call("GET", targetsOf("own"), app())).status).toBe(200);
  expect((await edge.call("POST", "/v1/nodes/own/revoke", app())).status).toBe(200);
  const { body } = await edge.call<{ targets: unknown[] }>("GET", targetsOf("own"), app());
  expect(body.targets).toEqual([]);
});

test("an edge calls nothing on its own network for a node", { timeout: 60_000 }, async () => {
  const strict = await startEdge();
  try {
    const key = strict.key("mallory");
    const before = hook.calls.length;
    const port = new URL(hook.url).port;
    for (const url of [
      hook.target.url,
      `https://127.0.0.1:${port}/hook`,
      "https://localhost/hook",
      "https://[::1]/hook",
      "https://[::ffff:10.0.0.1]/hook",
      "https://169.254.169.254/latest/meta-data",
      "https://2130706433/",
      "https://metadata.google.internal/",
      "https://user:pw@example.com/",
      "http://example.com/",
    ]) {
      const put = await strict.call("PUT", targetsOf("mallory", "/webhook"), key, { url, secret: SECRET });
      expect(put).toMatchObject({ status: 400, body: { error: { code: "BAD_REQUEST" } } });
      expect(JSON.stringify(put.body)).toContain("url must be");
      const endpoint = { ...web.subscribe(), endpoint: url };
      expect((await strict.call("PUT", targetsOf("mallory", "/webpush"), key, endpoint)).status).toBe(400);
    }
    const socket = await V1Client.connect({ url: strict.url, key });
    const target = { kind: "webhook", url: hook.target.url, secret: SECRET };
    socket.sendRaw(JSON.stringify({ id: "c", type: -101, payload: { push_target: target } }));
    await socket.until(() => socket.errors.length > 0, 5_000, "a refusal");
    expect(socket.errors[0]!.message).toContain("push_target: url must be an https URL");
    await socket.close();
    expect((await strict.call("GET", targetsOf("mallory"), key)).body).toEqual({ targets: [] });
    expect(hook.calls).toHaveLength(before);
  } finally {
    await strict.close();
  }
});

test("what a deployment offers is told to anyone: a browser needs the key before it can subscribe", async () => {
  const answer = await fetch(`${edge.url}/v1/push`);
  expect(await answer.json()).toEqual({
    fcm: true,
    apns: true,
    webpush: { application_server_key: web.vapid.publicKey },
    webhook: true,
    fallback_webhook: false,
  });
});
