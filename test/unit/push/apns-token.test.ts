import { generateKeyPairSync } from "node:crypto";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { apnsMint } from "../../../src/push/apns-token.ts";
import { memoryTokens } from "../../support/push/pushes.ts";

const MINUTE_MS = 60_000;
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const config = {
  key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  keyId: "KEY4567890",
  teamId: "TEAM567890",
  baseUrl: undefined,
};

test("a provider token holds what Apple names, and no more", async () => {
  const now = Date.now();
  const answer = await apnsMint(config).mint(now);
  if ("failure" in answer) throw new Error(answer.failure);
  expect(decodeProtectedHeader(answer.token)).toEqual({ alg: "ES256", kid: config.keyId });
  const { payload } = await jwtVerify(answer.token, publicKey);
  expect(payload).toEqual({ iss: config.teamId, iat: Math.floor(now / 1_000) });
});

test("it is reused for 50 minutes, and never made anew within 20", async () => {
  let now = Date.now();
  const tokens = memoryTokens(apnsMint(config), () => now);
  const take = async (refused?: string) => {
    const answer = await tokens.token(refused);
    if ("failure" in answer) throw new Error(answer.failure);
    return answer.token;
  };
  const first = await take();
  now += 20 * MINUTE_MS - 1;
  expect(await take(first)).toBe(first);
  now += 1;
  expect(await take()).toBe(first);
  const second = await take(first);
  expect(second).not.toBe(first);
  now += 50 * MINUTE_MS - 1;
  expect(await take()).toBe(second);
  now += 1;
  expect(await take()).not.toBe(second);
});

test("a text that is no key is a lasting failure", async () => {
  const key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  expect(await apnsMint({ ...config, key }).mint(0)).toEqual({ failure: "the APNs key cannot sign", temporary: false });
});
