import { createHmac, generateKeyPairSync, sign as signWith } from "node:crypto";
import { expect, test, vi } from "vitest";
import { verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { JWKS_TIMES, JwksCache } from "../../../src/http/auth/jwks.ts";
import { authConfig } from "./config.ts";
import { startJwksServer } from "./jwks-server.ts";
import { ASYMMETRIC, JWKS, T } from "./vectors.ts";

const INVALID = { ok: false, code: "AUTH_INVALID" };
const UNAVAILABLE = { ok: false, code: "UNAVAILABLE" };
const { cooldownMs, maxAgeMs, firstRetryMs } = JWKS_TIMES;

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** An issuer with an ES256 key; each token is a new one, so none comes out of the cache of verified keys. */
function issuer(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  let serial = 0;
  return {
    jwk: { ...publicKey.export({ format: "jwk" }), kid },
    token(header: object = { kid }): string {
      const signed = `${segment({ alg: "ES256", ...header })}.${segment({ sub: "node-1", jti: String(serial++) })}`;
      const signature = signWith("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${signed}.${signature.toString("base64url")}`;
    },
  };
}

test("tokens of PyJWT in all three algorithms, with one fetch", async () => {
  await using server = await startJwksServer({ keys: JWKS });
  const config = authConfig({ jwksUrl: server.url });
  for (const key of Object.values(ASYMMETRIC)) {
    expect(await verifyAuthKey(key, config, T)).toEqual({
      ok: true,
      caller: { nodeId: "node-1", app: false, issuedAt: T },
    });
  }
  expect(server.fetches).toBe(1);
});

test("a JWKS does not speak for HS256: neither its public keys nor a symmetric one are secrets", async () => {
  const oct = { kty: "oct", kid: "rsa-1", k: Buffer.from("a-symmetric-key-in-a-jwks").toString("base64url") };
  await using server = await startJwksServer({ keys: [oct, ...JWKS] });
  const config = authConfig({ jwksUrl: server.url });
  const modulus = Buffer.from(JWKS[0]?.n ?? "", "base64url");
  expect(modulus.length).toBe(256);
  const guesses = [modulus, JSON.stringify(JWKS[0]), "a-symmetric-key-in-a-jwks"];
  for (const secret of guesses) {
    for (const alg of ["HS256", "RS256"]) {
      const signed = `${segment({ alg, kid: "rsa-1" })}.${segment({ sub: "node-1" })}`;
      const key = `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
      expect(await verifyAuthKey(key, config, T)).toEqual(INVALID);
    }
  }
});

test("a key serves only the algorithm, use and operations it was made for", async () => {
  const one = issuer("k");
  for (const change of [
    { alg: "ES384" },
    { use: "enc" },
    { key_ops: ["sign"] },
    { kty: "RSA" },
    { crv: "P-384" },
    { y: 5 },
  ]) {
    await using server = await startJwksServer({ keys: [{ ...one.jwk, ...change }] });
    expect(await verifyAuthKey(one.token(), authConfig({ jwksUrl: server.url }), T)).toEqual(INVALID);
  }
  await using server = await startJwksServer({ keys: [{ ...one.jwk, alg: "ES256", use: "sig", key_ops: ["verify"] }] });
  expect(await verifyAuthKey(one.token(), authConfig({ jwksUrl: server.url }), T)).toMatchObject({ ok: true });
});

test("an RSA key of 1024 bits is refused", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  await using server = await startJwksServer({ keys: [publicKey.export({ format: "jwk" })] });
  const signed = `${segment({ alg: "RS256" })}.${segment({ sub: "node-1" })}`;
  const key = `${signed}.${signWith("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
  expect(await verifyAuthKey(key, authConfig({ jwksUrl: server.url }), T)).toEqual(INVALID);
});

test("members that cannot be read are passed over, and a token without kid tries every key", async () => {
  const [one, two] = [issuer("one"), issuer("two")];
  const broken = { kty: "EC", crv: "P-256", x: "AA", y: "AA" };
  await using server = await startJwksServer({ keys: [null, "x", 5, [], broken, one.jwk, two.jwk] });
  const config = authConfig({ jwksUrl: server.url });
  expect(await verifyAuthKey(two.token({}), config, T)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(two.token({ kid: "one" }), config, T)).toEqual(INVALID);
  expect(await verifyAuthKey(two.token({ kid: 5 }), config, T)).toEqual(INVALID);
  expect(server.fetches).toBe(1);
});

test("an unknown kid fetches again, no more often than the cooldown", async () => {
  const [old, young] = [issuer("old"), issuer("young")];
  await using server = await startJwksServer({ keys: [old.jwk] });
  const config = authConfig({ jwksUrl: server.url });
  expect(await verifyAuthKey(old.token(), config, T)).toMatchObject({ ok: true });
  server.answer = { keys: [old.jwk, young.jwk] };
  expect(await verifyAuthKey(young.token(), config, T + cooldownMs - 1)).toEqual(INVALID);
  expect(server.fetches).toBe(1);
  expect(await verifyAuthKey(young.token(), config, T + cooldownMs)).toMatchObject({ ok: true });
  expect(server.fetches).toBe(2);
  const stranger = issuer("stranger");
  for (let i = 0; i < 20; i++) {
    expect(await verifyAuthKey(stranger.token({ kid: `k${i}` }), config, T + cooldownMs + i)).toEqual(INVALID);
  }
  expect(server.fetches).toBe(2);
});

test("keys past their age are fetched again, and one that has gone is no longer good", async () => {
  const [old, young] = [issuer("old"), issuer("young")];
  await using server = await startJwksServer({ keys: [old.jwk] });
  const config = authConfig({ jwksUrl: server.url });
  expect(await verifyAuthKey(old.token(), config, T)).toMatchObject({ ok: true });
  server.answer = { keys: [young.jwk] };
  expect(await verifyAuthKey(old.token(), config, T + maxAgeMs - 1)).toMatchObject({ ok: true });
  expect(server.fetches).toBe(1);
  expect(await verifyAuthKey(old.token(), config, T + maxAgeMs)).toEqual(INVALID);
  expect(server.fetches).toBe(2);
});

test("requests at the same time share one fetch", async () => {
  const one = issuer("one");
  await using server = await startJwksServer({ keys: [one.jwk] });
  const config = authConfig({ jwksUrl: server.url });
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => verifyAuthKey(one.token(), config, T)));
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(50);
  expect(server.fetches).toBe(1);
});

test("while the issuer is down the old keys serve, and keys unknown so far are UNAVAILABLE, not refused", async () => {
  const [one, two] = [issuer("one"), issuer("two")];
  await using server = await startJwksServer({ keys: [one.jwk] });
  const config = authConfig({ jwksUrl: server.url });
  expect(await verifyAuthKey(one.token(), config, T)).toMatchObject({ ok: true });
  server.answer = (response) => void response.writeHead(500).end();
  const later = T + 3 * maxAgeMs;
  expect(await verifyAuthKey(one.token(), config, later)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(two.token(), config, later)).toEqual(UNAVAILABLE);
  expect(await verifyAuthKey(two.token({ kid: "one" }), config, later)).toEqual(INVALID);
  // The failure counts against the cooldown too.
  expect(server.fetches).toBe(2);
  server.answer = { keys: [one.jwk, two.jwk] };
  expect(await verifyAuthKey(two.token(), config, later + cooldownMs)).toMatchObject({ ok: true });
});

test("with no keys at all a failure is UNAVAILABLE, soon tried again, and not remembered", async () => {
  const one = issuer("one");
  await using server = await startJwksServer((response) => void response.destroy());
  const config = authConfig({ jwksUrl: server.url });
  const key = one.token();
  expect(await verifyAuthKey(key, config, T)).toEqual(UNAVAILABLE);
  server.answer = { keys: [one.jwk] };
  expect(await verifyAuthKey(key, config, T + firstRetryMs - 1)).toEqual(UNAVAILABLE);
  expect(server.fetches).toBe(1);
  expect(await verifyAuthKey(key, config, T + firstRetryMs)).toMatchObject({ ok: true });
});

test.each<[string, Parameters<typeof startJwksServer>[0]]>([
  ["another status", (response) => void response.writeHead(404).end("{}")],
  ["a redirect", (response) => void response.writeHead(302, { location: "/elsewhere" }).end()],
  ["no JSON", (response) => void response.end("<html>")],
  ["no key set", { nothing: [] }],
  ["too large a body", (response) => void response.end(JSON.stringify({ keys: [], pad: "x".repeat(300_000) }))],
])("%s is a failure", async (_, answer) => {
  await using server = await startJwksServer(answer);
  expect(await verifyAuthKey(issuer("one").token(), authConfig({ jwksUrl: server.url }), T)).toEqual(UNAVAILABLE);
  expect(server.fetches).toBe(1);
});

test("an issuer that never answers is given up, for all who wait", async () => {
  await using server = await startJwksServer(() => {});
  const cache = new JwksCache(server.url, { ...JWKS_TIMES, timeoutMs: 40 });
  const outcomes = await Promise.all([1, 2, 3].map(() => cache.verify("ES256", "k", T, async () => true)));
  expect(outcomes).toEqual(["unavailable", "unavailable", "unavailable"]);
  expect(server.fetches).toBe(1);
});

test("no timer outlives a fetch, nor the wait for one", async () => {
  await using server = await startJwksServer({ keys: [issuer("k").jwk] });
  const set = vi.spyOn(globalThis, "setTimeout");
  const clear = vi.spyOn(globalThis, "clearTimeout");
  try {
    const timeoutMs = 54_321;
    const cache = new JwksCache(server.url, { ...JWKS_TIMES, timeoutMs });
    await Promise.all([1, 2, 3].map(() => cache.verify("ES256", "k", T, async () => true)));
    const timers = set.mock.results
      .filter((_, i) => set.mock.calls[i]?.[1] === timeoutMs)
      .map(({ value }) => value as unknown);
    // One of the fetch and one of each who joined it.
    expect(timers).toHaveLength(3);
    const cleared = new Set(clear.mock.calls.map(([timer]) => timer as unknown));
    expect(timers.filter((timer) => !cleared.has(timer))).toEqual([]);
  } finally {
    set.mockRestore();
    clear.mockRestore();
  }
});

test("a fetch whose request died does not hold up later ones", async () => {
  await using server = await startJwksServer({ keys: [issuer("k").jwk] });
  // As on Workers when the client that caused the fetch goes away: the promise never settles.
  const fetching = vi.spyOn(globalThis, "fetch").mockImplementationOnce(() => new Promise(() => {}));
  try {
    const cache = new JwksCache(server.url, { ...JWKS_TIMES, timeoutMs: 40 });
    const verify = (now: number) => cache.verify("ES256", "k", now, async () => true);
    void verify(T);
    expect(await verify(T)).toBe("unavailable");
    expect(server.fetches).toBe(0);
    expect(await verify(T + firstRetryMs)).toBe("verified");
  } finally {
    fetching.mockRestore();
  }
});
