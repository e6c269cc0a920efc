import { createHmac } from "node:crypto";
import { expect, test, vi } from "vitest";
import { verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { VERIFIED_TTL_MS, VerifiedCache } from "../../../src/http/auth/verified-cache.ts";
import { authConfig } from "./config.ts";
import { FIRST, SECOND, T } from "./vectors.ts";

const CALLER = { nodeId: "n", app: false, issuedAt: T };
const NEVER = Number.POSITIVE_INFINITY;

function token(claims: object): string {
  const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${segment({ alg: "HS256" })}.${segment(claims)}`;
  return `${signed}.${createHmac("sha256", FIRST).update(signed).digest("base64url")}`;
}

test("remembers for a minute, or until the key's own end if that is sooner", () => {
  const cache = new VerifiedCache();
  cache.set("long", "c", CALLER, T, NEVER);
  cache.set("short", "c", CALLER, T, T + 10);
  expect(cache.get("long", "c", T + VERIFIED_TTL_MS)).toEqual(CALLER);
  expect(cache.get("long", "c", T + VERIFIED_TTL_MS + 1)).toBeUndefined();
  expect(cache.get("short", "c", T + 10)).toEqual(CALLER);
  expect(cache.get("short", "c", T + 11)).toBeUndefined();
  expect(cache.size).toBe(0);
});

test("says nothing of a time before it learnt, and hands out copies", () => {
  const cache = new VerifiedCache();
  cache.set("k", "c", CALLER, T, NEVER);
  const copy = cache.get("k", "c", T);
  expect(copy).toEqual(CALLER);
  if (copy) copy.app = true;
  expect(cache.get("k", "c", T)).toEqual(CALLER);
  expect(cache.get("k", "c", T - 1)).toBeUndefined();
});

test("drops the oldest past its cap, in entries and in characters", () => {
  const few = new VerifiedCache(3);
  for (const key of ["a", "b", "c", "b", "d"]) few.set(key, "c", CALLER, T, NEVER);
  expect(["a", "b", "c", "d"].map((key) => few.get(key, "c", T) !== undefined)).toEqual([false, true, true, true]);
  const narrow = new VerifiedCache(100, 10);
  for (const key of ["aaaaaa", "bbb", "cc"]) narrow.set(key, "c", CALLER, T, NEVER);
  expect(["aaaaaa", "bbb", "cc"].map((key) => narrow.get(key, "c", T) !== undefined)).toEqual([false, true, true]);
  narrow.set("x".repeat(11), "c", CALLER, T, NEVER);
  expect(narrow.size).toBe(0);
});

test("another config knows nothing and, once it has a key, empties the cache", () => {
  const cache = new VerifiedCache();
  cache.set("k", "one", CALLER, T, NEVER);
  expect(cache.get("k", "two", T)).toBeUndefined();
  expect(cache.get("k", "one", T)).toEqual(CALLER);
  cache.set("other", "two", CALLER, T, NEVER);
  expect(cache.get("k", "one", T)).toBeUndefined();
  expect(cache.size).toBe(1);
});

test("the cap is 10,000", () => {
  const cache = new VerifiedCache();
  for (let i = 0; i <= 10_000; i++) cache.set(`k${i}`, "c", CALLER, T, NEVER);
  expect(cache.size).toBe(10_000);
  expect(cache.get("k0", "c", T)).toBeUndefined();
  expect(cache.get("k1", "c", T)).toEqual(CALLER);
});

test("a key seen again costs no cryptography, and still ends when it says", async () => {
  const key = token({ sub: "cached", exp: T / 1000 + 10 });
  const sign = vi.spyOn(crypto.subtle, "sign");
  expect(await verifyAuthKey(key, authConfig(), T)).toMatchObject({ ok: true });
  const first = sign.mock.calls.length;
  expect(first).toBeGreaterThan(0);
  expect(await verifyAuthKey(key, authConfig(), T + 50_000)).toMatchObject({ ok: true, caller: { nodeId: "cached" } });
  expect(sign.mock.calls.length).toBe(first);
  // 10 s of life and 60 s of skew: the second look at 50 s has not prolonged it.
  expect(await verifyAuthKey(key, authConfig(), T + 70_000)).toEqual({ ok: false, code: "AUTH_EXPIRED" });
  sign.mockRestore();
});

test("a removed secret is noticed at once", async () => {
  const key = token({ sub: "rotated" });
  expect(await verifyAuthKey(key, authConfig({ secrets: [SECOND, FIRST] }), T)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(key, authConfig({ secrets: [SECOND] }), T)).toEqual({ ok: false, code: "AUTH_INVALID" });
});

test("a refusal is not remembered", async () => {
  const key = token({ sub: "soon", nbf: T / 1000 + 100 });
  expect(await verifyAuthKey(key, authConfig(), T)).toEqual({ ok: false, code: "AUTH_EXPIRED" });
  expect(await verifyAuthKey(key, authConfig(), T + 40_000)).toMatchObject({ ok: true });
});
