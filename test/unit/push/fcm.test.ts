/** FcmProvider against the double, over real HTTP. */
import { afterAll, beforeEach, expect, test } from "vitest";
import { FcmProvider } from "../../../src/push/fcm.ts";
import { googleMint } from "../../../src/push/google-token.ts";
import { type FcmDouble, refusal, startFcmDouble } from "../../support/push/fcm-double.ts";
import { aPush, largestPush, memoryTokens, pushConfig } from "../../support/push/pushes.ts";

const double: FcmDouble = await startFcmDouble();
const config = pushConfig(double.settings()).fcm!;
afterAll(() => double.close());

let fcm: FcmProvider;
beforeEach(async () => {
  fcm = new FcmProvider(config, memoryTokens(googleMint(config)));
  // So that what a test has fail next is a push, not the question for a token.
  await fcm.send({ kind: "fcm", token: "warm" }, aPush());
  double.messages.length = 0;
  double.faults.length = 0;
});

const target = { kind: "fcm", token: "a-device" } as const;
const send = (push = aPush()) => fcm.send(target, push);

test("a push arrives with what it says, and one access token does for all", async () => {
  const given = double.tokensGiven;
  const push = aPush({ type: 4, sessionId: "s", sessionSeq: 12, data: { screen: "chat" } });
  expect(await send(push)).toEqual({ result: "sent" });
  expect(await send(push)).toEqual({ result: "sent" });
  expect(double.messages[0]).toEqual({
    token: "a-device",
    notification: { title: "A message from alice", body: "Hello" },
    data: {
      message: "A message from alice",
      payload1: "alice",
      notification_type: "101",
      node_id: "bob",
      from_seq: "7",
      type: "4",
      session_id: "s",
      session_seq: "12",
      screen: "chat",
    },
    android: {
      priority: "high",
      collapse_key: expect.stringMatching(/^[\w-]{43}$/),
      ttl: expect.stringMatching(/^24192\d\ds$/),
    },
  });
  expect(double.messages[1]).toEqual(double.messages[0]);
  expect(double.tokensGiven).toBe(given);
  expect(double.faults).toEqual([]);
});

test("to an installation by its FID", async () => {
  expect(await fcm.send({ kind: "fcm", fid: "an-fid" }, aPush())).toEqual({ result: "sent" });
  expect(double.messages[0]).toMatchObject({ fid: "an-fid" });
  expect(double.messages[0]).not.toHaveProperty("token");
});

test("a silent one shows nothing, on Apple devices neither", async () => {
  expect(await send(aPush({ silent: true }))).toEqual({ result: "sent" });
  const [message] = double.messages;
  expect(message).not.toHaveProperty("notification");
  expect(message).toMatchObject({
    data: { message: "A message from alice", from_seq: "7" },
    apns: {
      headers: { "apns-push-type": "background", "apns-priority": "5" },
      payload: { aps: { "content-available": 1 } },
    },
  });
  expect(double.faults).toEqual([]);
});

test.each([true, false])("the largest that is allowed is taken (quotes: %s)", async (quotes) => {
  for (const silent of [false, true]) {
    expect(await send({ ...largestPush(quotes), silent })).toEqual({ result: "sent" });
  }
  expect(double.messages).toHaveLength(2);
  expect(double.faults).toEqual([]);
});

test.each([
  ["UNREGISTERED", "dead"],
  ["SENDER_ID_MISMATCH", "dead"],
  ["INVALID_ARGUMENT", "dead"],
] as const)("a token that is %s is %s", async (error, result) => {
  double.kill(`gone-${error}`, error);
  const outcome = await fcm.send({ kind: "fcm", token: `gone-${error}` }, aPush());
  expect(outcome).toMatchObject({ result, why: expect.stringContaining(error) });
  expect((outcome as { why: string }).why).not.toContain("gone-");
});

const badRequest = refusal(
  400,
  "INVALID_ARGUMENT",
  "'message.data[0].value' is not a valid FCM registration token",
  "INVALID_ARGUMENT",
);
(badRequest.body as { error: { details: object[] } }).error.details.push({
  "@type": "type.googleapis.com/google.rpc.BadRequest",
  fieldViolations: [{ field: "message.data[0].value" }],
});

test.each([
  ["a wrong field", badRequest],
  ["a wrong argument that is not the token", refusal(400, "INVALID_ARGUMENT", "Message too big", "INVALID_ARGUMENT")],
  ["another project", refusal(404, "NOT_FOUND", "Requested entity was not found.")],
  ["no permission", refusal(403, "PERMISSION_DENIED", "Permission denied")],
  ["the app's APNs key", refusal(401, "UNAUTHENTICATED", "Auth error from APNS", "THIRD_PARTY_AUTH_ERROR")],
  ["a redirect", { status: 302, headers: { location: "/" } }],
  ["a page", { status: 404, body: "<html>" }],
  ["null", { status: 400, body: "null" }],
])("%s has failed, and costs no target nor a new token", async (_, answer) => {
  const before = [double.tokensGiven, double.calls.length];
  double.failNext(answer);
  expect(await send()).toEqual({ result: "failed", why: expect.stringContaining(`FCM answered ${answer.status}`) });
  expect([double.tokensGiven, double.calls.length - 1]).toEqual(before);
});

test.each([
  ["quota", refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "QUOTA_EXCEEDED"), 60_000],
  ["429", { status: 429, headers: { "retry-after": "5" } }, 5_000],
  ["unavailable", { ...refusal(503, "UNAVAILABLE", "", "UNAVAILABLE"), headers: { "retry-after": "30" } }, 30_000],
  ["unavailable, no time", refusal(503, "UNAVAILABLE", "", "UNAVAILABLE"), undefined],
  ["internal", refusal(500, "INTERNAL", "", "INTERNAL"), undefined],
  ["a gateway's page", { status: 502, body: "<html>" }, undefined],
])("%s may go better later", async (_, answer, retryAfterMs) => {
  double.failNext(answer);
  const outcome = await send();
  expect(outcome).toEqual({
    result: "later",
    why: expect.stringContaining(`FCM answered ${answer.status}`),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
});

test("a broken connection may go better later", async () => {
  double.failNext("reset");
  expect(await send()).toEqual({ result: "later", why: "FCM: the connection failed" });
});

test("a refused access token is replaced once, and the push goes with the new one", async () => {
  const given = double.tokensGiven;
  double.refuseTokens();
  expect(await Promise.all([send(), send(), send()])).toEqual(Array(3).fill({ result: "sent" }));
  expect(double.tokensGiven).toBe(given + 1);
});

test("where the new one is refused too, the push has failed", async () => {
  const given = double.tokensGiven;
  const unauthenticated = refusal(401, "UNAUTHENTICATED", "invalid credentials");
  double.failAll(unauthenticated);
  expect(await send()).toMatchObject({ result: "failed" });
  double.failAll(undefined);
  expect(double.tokensGiven).toBe(given);

  const calls = double.calls.length;
  double.failNext(unauthenticated, { status: 200, body: { access_token: "t2", expires_in: 60 } }, unauthenticated);
  expect(await send()).toEqual({ result: "failed", why: "FCM answered 401 UNAUTHENTICATED" });
  expect(double.calls.length).toBe(calls + 3);
});

test("without an access token the push waits or has failed, as the token endpoint says", async () => {
  double.refuseTokens();
  double.failNext(refusal(401, "UNAUTHENTICATED", ""), { status: 503, headers: { "retry-after": "8" } });
  expect(await send()).toEqual({ result: "later", why: "FCM: the token URI answered 503", retryAfterMs: 8_000 });
  double.failNext(refusal(401, "UNAUTHENTICATED", ""), { status: 400, body: { error: "invalid_grant" } });
  expect(await send()).toEqual({ result: "failed", why: "FCM: the token URI answered 400 invalid_grant" });
});
