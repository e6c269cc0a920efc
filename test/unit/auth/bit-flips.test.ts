/** A key with one bit changed anywhere is another key, and no good. */
import { expect, test } from "vitest";
import { type AuthConfig, verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { mintValidationKey, verifyValidationKey } from "../../../src/http/auth/validation-key.ts";
import { authConfig } from "./config.ts";
import { startJwksServer } from "./jwks-server.ts";
import { ASYMMETRIC, FIRST, JWKS, JWT, T, V1, V2 } from "./vectors.ts";

function* flipped(key: string): Generator<string> {
  for (let at = 0; at < key.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      yield key.slice(0, at) + String.fromCharCode(key.charCodeAt(at) ^ (1 << bit)) + key.slice(at + 1);
    }
  }
}

async function takenFlips(key: string, config: AuthConfig): Promise<string[]> {
  expect(await verifyAuthKey(key, config, T)).toMatchObject({ ok: true });
  const taken: string[] = [];
  for (const other of flipped(key)) {
    const outcome = await verifyAuthKey(other, config, T);
    if (outcome.ok || outcome.code !== "AUTH_INVALID") taken.push(other);
  }
  return taken;
}

test.each([
  ["JWT HS256", JWT.full],
  ["v2", V2.compact],
  ["v1", V1.compact],
  ["v1 with a padded value", V1.plus],
])("%s", async (_, key) => {
  expect(await takenFlips(key, authConfig())).toEqual([]);
});

test.each(["RS256", "ES256", "EdDSA"] as const)("JWT %s", async (alg) => {
  await using server = await startJwksServer({ keys: JWKS });
  expect(await takenFlips(ASYMMETRIC[alg], authConfig({ jwksUrl: server.url }))).toEqual([]);
});

test.each([
  ["not bound", undefined, undefined],
  ["bound to the session that is named", "s", "s"],
  ["bound to a session, while none is named", "s", undefined],
])("validation key, %s", async (_, sessionId, named) => {
  const binding = { nodeId: "node-1", gateway: "edge" };
  const { key } = await mintValidationKey({ ...binding, sessionId }, [FIRST], T);
  const verify = (other: string) => verifyValidationKey(other, { ...binding, sessionId: named }, [FIRST], T);
  expect(await verify(key)).toMatchObject({ ok: true });
  for (const other of flipped(key)) {
    expect(await verify(other)).toEqual({ ok: false, code: "VALIDATION_KEY_INVALID" });
  }
});
