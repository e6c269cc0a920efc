import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { authConfig } from "./config.ts";
import { ASYMMETRIC, FIRST, JWT, SECOND, T } from "./vectors.ts";

const INVALID = { ok: false, code: "AUTH_INVALID" };
const EXPIRED = { ok: false, code: "AUTH_EXPIRED" };
const S = T / 1000;

const segment = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A token of FIRST with any claims and header; texts go in as they are. */
function sign(claims: unknown, header: unknown = { alg: "HS256" }, secret: string | Buffer = FIRST): string {
  const signed = `${segment(header)}.${segment(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

test("a token of PyJWT with every claim, iat to the millisecond", async () => {
  expect(await verifyAuthKey(JWT.full, authConfig(), T)).toEqual({
    ok: true,
    caller: { nodeId: "node-1", clientId: "c1", app: true, issuedAt: T + 123 },
  });
});

test("only sub is required; without iat issuedAt is 0", async () => {
  expect(await verifyAuthKey(JWT.bare, authConfig(), T)).toEqual({
    ok: true,
    caller: { nodeId: "node-1", app: false, issuedAt: 0 },
  });
});

test("a secret verifies as long as it is in the list", async () => {
  expect(await verifyAuthKey(JWT.second, authConfig({ secrets: [FIRST, SECOND] }), T)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(JWT.second, authConfig({ secrets: [FIRST] }), T)).toEqual(INVALID);
  expect(await verifyAuthKey(JWT.second, authConfig({ secrets: [] }), T)).toEqual(INVALID);
});

test("exp with 60 s of skew", async () => {
  const end = T + 3_600_000;
  expect(await verifyAuthKey(JWT.second, authConfig(), end + 59_900)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(JWT.second, authConfig(), end + 59_999)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(JWT.second, authConfig(), end + 60_000)).toEqual(EXPIRED);
  expect(await verifyAuthKey(JWT.second, authConfig(), end + 60_100)).toEqual(EXPIRED);
});

test.each(["nbf", "iat"])("%s with 60 s of skew", async (claim) => {
  const key = sign({ sub: "node-1", [claim]: S });
  expect(await verifyAuthKey(key, authConfig(), T - 59_900)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(key, authConfig(), T - 60_100)).toEqual(EXPIRED);
});

test("fractions of seconds count in every claim", async () => {
  const key = sign({ sub: "node-1", iat: S + 0.0016, nbf: S + 0.5, exp: S + 1.25 });
  expect(await verifyAuthKey(key, authConfig(), T)).toMatchObject({ ok: true, caller: { issuedAt: T + 2 } });
  expect(await verifyAuthKey(key, authConfig(), T + 500 - 60_000)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(key, authConfig(), T + 499 - 60_000)).toEqual(EXPIRED);
  expect(await verifyAuthKey(key, authConfig(), T + 1_249 + 60_000)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(key, authConfig(), T + 1_250 + 60_000)).toEqual(EXPIRED);
});

test("issuer and audience are checked where they are configured", async () => {
  const issuer = "https://issuer.example";
  const check = (key: string, change: object) => verifyAuthKey(key, authConfig(change), T);
  expect(await check(JWT.issued, { issuer, audience: "allspark" })).toMatchObject({ ok: true });
  expect(await check(JWT.issued, { issuer: "https://issuer.example/" })).toEqual(INVALID);
  expect(await check(JWT.issued, { audience: "allspar" })).toEqual(INVALID);
  expect(await check(JWT.second, { issuer })).toEqual(INVALID);
  expect(await check(JWT.second, { audience: "allspark" })).toEqual(INVALID);
  expect(await check(sign({ sub: "n", aud: "allspark" }), { audience: "allspark" })).toMatchObject({ ok: true });
});

test("alg none, with and without a signature, and algorithms that are not ours", async () => {
  const claims = { sub: "node-1" };
  expect(await verifyAuthKey(JWT.none, authConfig(), T)).toEqual(INVALID);
  expect(await verifyAuthKey(JWT.hs512, authConfig(), T)).toEqual(INVALID);
  for (const alg of ["none", "None", "NONE", "", "hs256", "HS384", "HS512", "RS512", "PS256", null, 5, ["HS256"]]) {
    expect(await verifyAuthKey(sign(claims, { alg }), authConfig(), T)).toEqual(INVALID);
  }
  expect(await verifyAuthKey(sign(claims, {}), authConfig(), T)).toEqual(INVALID);
  expect(await verifyAuthKey(sign(claims, '{"__proto__":{"alg":"HS256"}}'), authConfig(), T)).toEqual(INVALID);
});

test("crit is refused", async () => {
  expect(await verifyAuthKey(JWT.crit, authConfig(), T)).toEqual(INVALID);
});

test("without a JWKS URL asymmetric tokens are refused, and never tried with a secret", async () => {
  for (const key of Object.values(ASYMMETRIC)) expect(await verifyAuthKey(key, authConfig(), T)).toEqual(INVALID);
  for (const alg of ["RS256", "ES256", "EdDSA"]) {
    expect(await verifyAuthKey(sign({ sub: "node-1" }, { alg }), authConfig(), T)).toEqual(INVALID);
  }
});

test.each([
  {},
  { sub: 5 },
  { sub: null },
  { sub: ["node-1"] },
  { sub: "" },
  { sub: "a\u0000b" },
  { sub: "a\u0085b" },
  { sub: "n".repeat(129) },
  { sub: "node-1", client_id: "" },
  { sub: "node-1", client_id: 5 },
  { sub: "node-1", app: "true" },
  { sub: "node-1", app: 1 },
  { sub: "node-1", exp: "2000000000" },
  { sub: "node-1", exp: null },
  { sub: "node-1", iat: -1 },
  { sub: "node-1", nbf: true },
  '{"sub":"node-1","exp":1e999}',
  '{"sub":"\\ud800"}',
  '{"__proto__":{"sub":"node-1"}}',
  '["node-1"]',
  '"node-1"',
  "null",
  "{",
  "",
])("claims that are signed but wrong are refused: %j", async (claims) => {
  expect(await verifyAuthKey(sign(claims), authConfig(), T)).toEqual(INVALID);
});

test("128 bytes of id fit, counted in UTF-8", async () => {
  for (const sub of ["n".repeat(128), "€".repeat(42), "😀".repeat(32)]) {
    expect(await verifyAuthKey(sign({ sub }), authConfig(), T)).toMatchObject({ ok: true, caller: { nodeId: sub } });
  }
  for (const sub of ["€".repeat(43), "😀".repeat(33)]) {
    expect(await verifyAuthKey(sign({ sub }), authConfig(), T)).toEqual(INVALID);
  }
});

test("claims that are not UTF-8 are refused although they are signed", async () => {
  const payload = Buffer.from('{"sub":"node-\xff"}', "latin1").toString("base64url");
  const signed = `${segment({ alg: "HS256" })}.${payload}`;
  const key = `${signed}.${createHmac("sha256", FIRST).update(signed).digest("base64url")}`;
  expect(await verifyAuthKey(key, authConfig(), T)).toEqual(INVALID);
});

test("wrong shapes are refused", async () => {
  const [header, payload, signature] = JWT.bare.split(".");
  const shapes = [
    `${header}.${payload}`,
    `${header}.${payload}.`,
    `.${payload}.${signature}`,
    `${header}..${signature}`,
    `${JWT.bare}.`,
    `${JWT.bare}.${signature}`,
    `${JWT.bare}=`,
    ` ${JWT.bare}`,
    `${JWT.bare}\n`,
    "..",
    ".",
  ];
  for (const key of shapes) expect(await verifyAuthKey(key, authConfig(), T)).toEqual(INVALID);
});

test("a key of 8,192 characters is read, a longer one is not although it is signed", async () => {
  const empty = sign({ sub: "node-1", pad: "" }).length;
  const padded = (length: number): string => sign({ sub: "node-1", pad: "x".repeat(((length - empty) * 3) / 4) });
  const [fits, longer] = [padded(8_188), padded(8_200)];
  expect(fits.length).toBeLessThanOrEqual(8_192);
  expect(longer.length).toBeGreaterThan(8_192);
  expect(await verifyAuthKey(fits, authConfig(), T)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(longer, authConfig(), T)).toEqual(INVALID);
});
