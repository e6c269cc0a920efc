import { expect, test } from "vitest";
import { verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { mintAuthKey } from "../../../src/http/auth/mint.ts";
import { authConfig } from "./config.ts";
import { FIRST, JWT, T, V1, V2 } from "./vectors.ts";

const FULL = { nodeId: "node-1", clientId: "c1", app: true };

test("mints, to the character, what Python, Tornado and PyJWT make", async () => {
  expect(await mintAuthKey({ nodeId: "node-1", format: "v1" }, FIRST, T + 999)).toBe(V1.bare);
  expect(await mintAuthKey({ ...FULL, format: "v1" }, FIRST, T)).toBe(V1.compact);
  expect(await mintAuthKey({ nodeId: "node-1", format: "v2" }, FIRST, T + 999)).toBe(V2.bare);
  expect(await mintAuthKey({ ...FULL, format: "v2" }, FIRST, T)).toBe(V2.compact);
  expect(await mintAuthKey({ ...FULL, format: "jwt" }, FIRST, T + 123)).toBe(JWT.minted);
});

test.each(["jwt", "v2", "v1"] as const)("%s comes back as it was asked for, whatever the ids", async (format) => {
  const ids = [
    "a",
    "nöde",
    '{"node_id":"evil"}',
    " {",
    '"',
    "a|b",
    "2|x",
    "%41",
    "a+b c",
    "😀".repeat(32),
    "__proto__",
  ];
  for (const nodeId of ids) {
    for (const rest of [{}, { clientId: nodeId }, { app: true }]) {
      const key = await mintAuthKey({ nodeId, ...rest, format }, FIRST, T);
      expect(await verifyAuthKey(key, authConfig(), T)).toEqual({
        ok: true,
        caller: { nodeId, app: false, ...rest, issuedAt: T },
      });
    }
  }
});

test("a JWT keeps the millisecond, lives as long as asked, an hour if not, and names issuer and audience", async () => {
  const verify = (key: string, now: number, change = {}) => verifyAuthKey(key, authConfig(change), now);
  const key = await mintAuthKey({ nodeId: "n", ttlSeconds: 5, format: "jwt" }, FIRST, T + 7);
  expect(await verify(key, T)).toMatchObject({ ok: true, caller: { issuedAt: T + 7 } });
  expect(await verify(key, T + 7 + 64_999)).toMatchObject({ ok: true });
  expect(await verify(key, T + 7 + 65_000)).toEqual({ ok: false, code: "AUTH_EXPIRED" });
  const hour = await mintAuthKey({ nodeId: "n", format: "jwt" }, FIRST, T);
  expect(await verify(hour, T + 3_659_999)).toMatchObject({ ok: true });
  expect(await verify(hour, T + 3_660_000)).toEqual({ ok: false, code: "AUTH_EXPIRED" });
  const named = await mintAuthKey({ nodeId: "n", format: "jwt", issuer: "i", audience: "a" }, FIRST, T);
  expect(await verify(named, T, { issuer: "i", audience: "a" })).toMatchObject({ ok: true });
});

test("refuses what it could not mint truly", async () => {
  const mint = (request: Partial<Parameters<typeof mintAuthKey>[0]>) =>
    mintAuthKey({ nodeId: "n", format: "jwt", ...request }, FIRST, T);
  for (const nodeId of ["", "n".repeat(129), "a\nb", "\ud800"])
    await expect(mint({ nodeId })).rejects.toThrow(RangeError);
  await expect(mint({ clientId: "" })).rejects.toThrow(RangeError);
  for (const ttlSeconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    await expect(mint({ ttlSeconds })).rejects.toThrow(RangeError);
  for (const format of ["v1", "v2"] as const) await expect(mint({ format, ttlSeconds: 5 })).rejects.toThrow(RangeError);
});
