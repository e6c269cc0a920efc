/** Webhooks over real HTTP, against a double that verifies them with the library of Standard Webhooks. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Push } from "../../../src/domain/push/push.ts";
import { WebhookProvider } from "../../../src/push/webhook.ts";
import { startWebhookDouble, type WebhookDouble } from "../../support/push/webhook-double.ts";

const AT = Date.UTC(2026, 10, 2, 3, 4, 5, 678);
const provider = new WebhookProvider();
let double: WebhookDouble;

beforeEach(async () => {
  double = await startWebhookDouble();
});

afterEach(() => double.close());

const push = (more: Partial<Push> = {}): Push => ({
  id: "7b0c1d0e-0000-4000-8000-000000000000",
  nodeId: "bob",
  title: "alice",
  silent: false,
  fromSeq: 7,
  at: AT,
  ...more,
});

test("the receiver verifies it and gets all that a push says", async () => {
  const all = { body: "hello\n👋", data: { room: "7" }, type: 3, srcId: "älice", sessionId: "s", sessionSeq: 12 };
  expect(await provider.send(double.target, push(all), "call-1")).toEqual({ result: "sent" });
  expect(await provider.send(double.target, push({ silent: true }), "call-2")).toEqual({ result: "sent" });
  expect(double.faults).toEqual([]);
  expect(double.deliveries).toMatchObject([{ id: "call-1" }, { id: "call-2" }]);
  expect(double.deliveries.map(({ payload }) => payload)).toEqual([
    {
      type: "push",
      timestamp: "2026-11-02T03:04:05.678Z",
      data: {
        node_id: "bob",
        title: "alice",
        body: "hello\n👋",
        data: { room: "7" },
        silent: false,
        type: 3,
        src_id: "älice",
        session_id: "s",
        session_seq: 12,
        from_seq: 7,
      },
    },
    {
      type: "push",
      timestamp: "2026-11-02T03:04:05.678Z",
      data: { node_id: "bob", title: "alice", silent: true, from_seq: 7 },
    },
  ]);
});

test("each try is the same call, at its own time", async () => {
  const now = Math.floor(Date.now() / 1_000) * 1_000;
  double.failNext({ status: 500 });
  const at = (ms: number) => new WebhookProvider(undefined, { now: () => ms });
  expect(await at(now - 60_000).send(double.target, push(), "call-1")).toMatchObject({ result: "later" });
  expect(await at(now - 30_001).send(double.target, push(), "call-1")).toEqual({ result: "sent" });
  expect(await at(now).send(double.target, push(), "call-1")).toEqual({ result: "sent" });
  expect(double.deliveries.map(({ id, timestamp }) => [id, timestamp - now / 1_000])).toEqual([
    ["call-1", -31],
    ["call-1", 0],
  ]);
});

test("an id cannot reach into what is signed behind it, nor into the headers", async () => {
  expect(await provider.send(double.target, push(), "a.1.{}\r\nx: y")).toEqual({ result: "sent" });
  expect(double.faults).toEqual([]);
  expect(double.deliveries.map(({ id }) => id)).toEqual(["a_1_____x__y"]);
});

test.each([
  [200, { result: "sent" }],
  [201, { result: "sent" }],
  [204, { result: "sent" }],
  [301, { result: "failed", why: "webhook: status 301" }],
  [302, { result: "failed", why: "webhook: status 302" }],
  [308, { result: "failed", why: "webhook: status 308" }],
  [400, { result: "later", why: "webhook: status 400" }],
  [401, { result: "later", why: "webhook: status 401" }],
  [404, { result: "later", why: "webhook: status 404" }],
  [410, { result: "dead", why: "webhook: status 410" }],
  [429, { result: "later", why: "webhook: status 429" }],
  [500, { result: "later", why: "webhook: status 500" }],
  [502, { result: "later", why: "webhook: status 502" }],
])("status %d", async (status, outcome) => {
  double.failNext({ status, headers: { location: double.target.url } });
  expect(await provider.send(double.target, push(), "call-1")).toEqual(outcome);
  expect(double.calls).toHaveLength(1);
});

test("the receiver says when it may be called again", async () => {
  double.failNext({ status: 503, headers: { "retry-after": "120" } });
  expect(await provider.send(double.target, push(), "c")).toMatchObject({ result: "later", retryAfterMs: 120_000 });
});

test("no answer, a cut connection: later", async () => {
  const hasty = new WebhookProvider(undefined, { limitMs: 50 });
  double.failNext({ slowMs: 5_000 }, "reset");
  expect(await hasty.send(double.target, push(), "c")).toEqual({
    result: "later",
    why: "webhook: no answer within 50 ms",
  });
  expect(await provider.send(double.target, push(), "c")).toEqual({
    result: "later",
    why: "webhook: the connection failed",
  });
});

test("goes out by the fetch that it is given", async () => {
  const urls: string[] = [];
  const own = new WebhookProvider((url, init) => {
    urls.push(url);
    return fetch(url, init);
  });
  expect(await own.send(double.target, push(), "c")).toEqual({ result: "sent" });
  expect(urls).toEqual([double.target.url]);
  expect(double.deliveries).toHaveLength(1);
});

test("the double refuses another secret, and a secret of another form is not used", async () => {
  const other = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
  expect(await provider.send({ ...double.target, secret: other }, push(), "c")).toMatchObject({ result: "later" });
  expect(double.faults).toEqual(["No matching signature found"]);
  const outcome = await provider.send({ ...double.target, secret: "hunter2" }, push(), "c");
  expect(outcome).toEqual({ result: "failed", why: "webhook: the secret is of another form" });
  expect(double.calls).toHaveLength(1);
});
