/** Access tokens of a Google service account, from the double's token endpoint. */
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { googleMint } from "../../../src/push/google-token.ts";
import type { FcmConfig } from "../../../src/push/push-config.ts";
import { type FcmDouble, startFcmDouble } from "../../support/push/fcm-double.ts";
import { pushConfig } from "../../support/push/pushes.ts";

let double: FcmDouble;
let config: FcmConfig;
beforeAll(async () => {
  double = await startFcmDouble();
  config = pushConfig(double.settings()).fcm!;
});
afterAll(() => double.close());

const mint = (change: Partial<FcmConfig> = {}, now = Date.now()) => googleMint({ ...config, ...change }).mint(now);

test("a token is good until five minutes before its end", async () => {
  const now = Date.now();
  const answer = await mint({}, now);
  expect(answer).toEqual({
    token: expect.stringMatching(/^ya29\./),
    mintedAt: now,
    reuseUntil: now + 3_600_000 - 300_000,
  });
  expect(double.faults).toEqual([]);
});

test("a short one until half of its life is over", async () => {
  const now = Date.now();
  double.tokenLifeSeconds = 60;
  expect(await mint({}, now)).toMatchObject({ reuseUntil: now + 30_000 });
  double.tokenLifeSeconds = 3_600;
});

test("a key of somebody else's is refused for good", async () => {
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const privateKey = other.export({ type: "pkcs8", format: "pem" }).toString();
  expect(await mint({ privateKey })).toEqual({ failure: "the token URI answered 400", temporary: false });
  expect(double.faults.splice(0)).toEqual([expect.stringContaining("signature")]);
});

test("a text that is no key calls nobody", async () => {
  const calls = double.calls.length;
  const privateKey = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  expect(await mint({ privateKey })).toEqual({
    failure: "the service account's private_key cannot sign",
    temporary: false,
  });
  expect(double.calls).toHaveLength(calls);
});

test("the code of a refusal is told, and not its description", async () => {
  double.failNext({ status: 400, body: { error: "invalid_grant", error_description: "secret things" } });
  expect(await mint()).toEqual({ failure: "the token URI answered 400 invalid_grant", temporary: false });
  double.failNext({ status: 401, body: { error: "What? No code" } });
  expect(await mint()).toEqual({ failure: "the token URI answered 401", temporary: false });
});

test.each([
  [{ status: 429, headers: { "retry-after": "9" } }, { retryAfterMs: 9_000 }],
  [{ status: 503 }, {}],
  [{ status: 200, body: { expires_in: 3_600 } }, {}],
  [{ status: 200, body: { access_token: "t", expires_in: "soon" } }, {}],
  [{ status: 200, body: "<html>" }, {}],
  ["reset" as const, {}],
])("%o is temporary", async (failure, more) => {
  double.failNext(failure);
  expect(await mint()).toEqual({ failure: expect.any(String), temporary: true, ...more });
});
