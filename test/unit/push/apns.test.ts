/** ApnsProvider against the double, over real HTTP (HTTP/1.1: Node's fetch speaks no other here, nor does workerd's). */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApnsProvider } from "../../../src/push/apns.ts";
import { apnsMint } from "../../../src/push/apns-token.ts";
import type { Fetch } from "../../../src/push/call.ts";
import type { TokenSource } from "../../../src/push/token-source.ts";
import type { ApnsTarget } from "../../../src/domain/push/target.ts";
import { type ApnsDouble, startApnsDouble } from "../../support/push/apns-double.ts";
import { aPush, largestPush, memoryTokens, pushConfig } from "../../support/push/pushes.ts";

const MINUTE_MS = 60_000;
const DEVICE = "ab".repeat(32);

let double: ApnsDouble;
let apns: ApnsProvider;
let tokens: TokenSource;
/** When provider tokens are made, as far as their maker knows. */
let tokenTime: number;
beforeEach(async () => {
  double = await startApnsDouble();
  const config = pushConfig(double.settings()).apns!;
  tokenTime = Date.now();
  tokens = memoryTokens(apnsMint(config), () => tokenTime);
  apns = new ApnsProvider(config, tokens);
});
afterEach(() => double.close());

const target = (change: Partial<ApnsTarget> = {}): ApnsTarget => ({
  ...{ kind: "apns", token: DEVICE, topic: double.topic, environment: "production" },
  ...change,
});
const send = (push = aPush(), callId = push.id) => apns.send(target(), push, callId);

test("a push arrives with what it says", async () => {
  const push = aPush({ type: 4, sessionId: "s", sessionSeq: 12, data: { screen: "chat" } });
  expect(await send(push)).toEqual({ result: "sent" });
  expect(double.faults).toEqual([]);
  expect(double.notifications).toEqual([
    {
      device: DEVICE,
      headers: {
        "apns-topic": double.topic,
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": String(Math.floor(push.at / 1_000) + 30 * 86_400),
        "apns-collapse-id": expect.stringMatching(/^[\w-]{43}$/),
        "apns-id": expect.any(String),
      },
      payload: {
        aps: {
          alert: { title: "A message from alice", body: "Hello" },
          sound: "default",
          "thread-id": "s",
        },
        ...{ from_seq: 7, node_id: "bob", src_id: "alice", type: 4, session_id: "s", session_seq: 12 },
        data: { screen: "chat" },
      },
    },
  ]);
});

test("a silent one is a background push and says nothing", async () => {
  expect(await send(aPush({ silent: true }))).toEqual({ result: "sent" });
  expect(double.faults).toEqual([]);
  expect(double.notifications[0]).toMatchObject({
    headers: { "apns-push-type": "background", "apns-priority": "5" },
    payload: { aps: { "content-available": 1 }, from_seq: 7 },
  });
  expect(JSON.stringify(double.notifications[0]?.payload)).not.toContain("A message");
});

test("a repetition has the same apns-id; pushes of one node replace each other, those of another do not", async () => {
  await send(aPush(), "call-1");
  await send(aPush(), "call-1");
  await send(aPush({ nodeId: "carol" }), "call-2");
  const of = (name: string) => double.notifications.map(({ headers }) => headers[name]);
  const [first, second, third] = of("apns-id");
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  const [bob, again, carol] = of("apns-collapse-id");
  expect(again).toBe(bob);
  expect(carol).not.toBe(bob);
});

test.each([true, false])("the largest that is allowed is taken, its body shortened (quotes: %s)", async (quotes) => {
  const push = largestPush(quotes);
  expect(await send(push)).toEqual({ result: "sent" });
  expect(await send({ ...push, silent: true })).toEqual({ result: "sent" });
  expect(double.faults).toEqual([]);
  const { title, body } = double.notifications[0]!.payload.aps["alert"] as { title: string; body: string };
  expect(title).toBe(push.title);
  expect(push.body?.startsWith(body.replace(/…$/, ""))).toBe(true);
  expect(body.isWellFormed()).toBe(true);
  expect(double.notifications[0]!.payload["data"]).toEqual(push.data);
});

test.each([
  ["production", "https://api.push.apple.com"],
  ["sandbox", "https://api.sandbox.push.apple.com"],
] as const)("%s is at %s", async (environment, base) => {
  const asked: string[] = [];
  const fetcher: Fetch = async (url) => {
    asked.push(url);
    return new Response(null, { status: 200 });
  };
  const real = new ApnsProvider({ baseUrl: undefined }, tokens, fetcher);
  expect(await real.send(target({ environment }), aPush(), "call")).toEqual({ result: "sent" });
  expect(asked).toEqual([`${base}/3/device/${DEVICE}`]);
});

test.each(["Unregistered", "ExpiredToken", "BadDeviceToken", "DeviceTokenNotForTopic"] as const)(
  "a device token that is %s is dead",
  async (reason) => {
    double.kill(DEVICE, reason);
    const outcome = await send();
    expect(outcome).toMatchObject({ result: "dead", why: expect.stringContaining(reason) });
    expect((outcome as { why: string }).why).not.toContain(DEVICE);
  },
);

test.each([
  [{ status: 400, body: { reason: "BadCollapseId" } }, { result: "failed" }],
  [{ status: 403, body: { reason: "Forbidden" } }, { result: "failed" }],
  [{ status: 413, body: { reason: "PayloadTooLarge" } }, { result: "failed" }],
  [{ status: 410, body: "<html>" }, { result: "dead" }],
  [{ status: 302, headers: { location: "/" } }, { result: "failed" }],
  [{ status: 400, body: { reason: "IdleTimeout" } }, { result: "later" }],
  [{ status: 429, body: { reason: "TooManyRequests" } }, { result: "later" }],
  [
    { status: 429, headers: { "retry-after": "20" } },
    { result: "later", retryAfterMs: 20_000 },
  ],
  [
    { status: 500, body: { reason: "InternalServerError" } },
    { result: "later", retryAfterMs: 15 * MINUTE_MS },
  ],
  [
    { status: 503, headers: { "retry-after": "1" }, body: { reason: "Shutdown" } },
    { result: "later", retryAfterMs: 1e3 },
  ],
  [{ status: 502, body: "<html>" }, { result: "later" }],
])("%o", async (answer, outcome) => {
  double.failNext(answer);
  expect(await send()).toEqual({ ...outcome, why: expect.stringContaining(`APNs answered ${answer.status}`) });
});

test("a broken connection may go better later", async () => {
  double.failNext("reset");
  expect(await send()).toEqual({ result: "later", why: "APNs: the connection failed" });
});

test("no answer in time may go better later", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const asked = Promise.withResolvers<void>();
    const hanging: Fetch = (_, { signal }) => {
      asked.resolve();
      return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    };
    const outcome = new ApnsProvider({ baseUrl: double.url }, tokens, hanging).send(target(), aPush(), "call");
    await asked.promise;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toEqual({ result: "later", why: expect.stringMatching(/^APNs: no answer within \d+ ms$/) });
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("no provider token in time may go better later", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const asked = Promise.withResolvers<void>();
    const source: TokenSource = {
      token: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    };
    const outcome = new ApnsProvider({ baseUrl: double.url }, source).send(target(), aPush(), "call");
    await asked.promise;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toEqual({ result: "later", why: "APNs: no access token in time" });
  } finally {
    vi.useRealTimers();
  }
});

test("a provider token that was refused after its 20 minutes is replaced, and the push goes", async () => {
  tokenTime = Date.now() - 30 * MINUTE_MS;
  expect(await send()).toEqual({ result: "sent" });
  double.refuseTokens("ExpiredProviderToken");
  tokenTime = Date.now();
  expect(await send()).toEqual({ result: "sent" });
  expect(double.calls).toHaveLength(3);
});

test("where the new one is refused too, the push has failed", async () => {
  tokenTime = Date.now() - 30 * MINUTE_MS;
  expect(await send()).toEqual({ result: "sent" });
  tokenTime = Date.now();
  double.failAll({ status: 403, body: { reason: "InvalidProviderToken" } });
  expect(await send()).toEqual({ result: "failed", why: "APNs answered 403 InvalidProviderToken" });
  expect(double.calls).toHaveLength(3);
});

test.each([
  ["ExpiredProviderToken", "later"],
  ["InvalidProviderToken", "failed"],
] as const)("a young one that is refused as %s is not replaced: %s", async (reason, result) => {
  expect(await send()).toEqual({ result: "sent" });
  double.refuseTokens(reason);
  expect(await send()).toEqual({ result, why: `APNs answered 403 ${reason}` });
  expect(double.calls).toHaveLength(2);
});
