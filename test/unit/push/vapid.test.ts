import { expect, test } from "vitest";
import { importVapidKey, makeVapidKeys } from "../../../src/push/vapid-keys.ts";
import { Vapid } from "../../../src/push/vapid.ts";
import { verifyVapid } from "../../support/push/verify-vapid.ts";
import { RFC_8292 } from "../../support/push/web-push-vectors.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 1, 12, 34, 56, 789);
const ENDPOINT = "https://push.example.net/send/abc?d=e";

const configure = async () => ({ ...(await makeVapidKeys()), subject: "mailto:push@example.com" });

test("the verifier takes the example of RFC 8292, and not with one character changed", () => {
  const { claims, key } = verifyVapid(RFC_8292.authorization);
  expect(claims).toEqual(RFC_8292.claims);
  expect(RFC_8292.authorization.endsWith(key)).toBe(true);
  for (const [from, to] of [
    ["i3CYb7t4", "i3CYb7t5"],
    ["eyJhdWQiOiJodHRwczovL3B1", "eyJhdWQiOiJodHRwczovL3B2"],
  ] as const) {
    expect(() => verifyVapid(RFC_8292.authorization.replace(from, to))).toThrow("not signed by k");
  }
});

test("signs what RFC 8292 signs, in the same words", async () => {
  const config = await configure();
  const made = await new Vapid(config).authorization(ENDPOINT, RFC_8292.claims.exp * 1000 - 12 * HOUR_MS);
  expect(verifyVapid(made)).toEqual({ claims: RFC_8292.claims, key: config.publicKey });
  const signed = (authorization: string) => authorization.split(".").slice(0, 2);
  expect(signed(made)).toEqual(signed(RFC_8292.authorization));
});

test("the audience is the endpoint's origin, a port included; 12 hours from now on", async () => {
  const vapid = new Vapid(await configure());
  const claims = async (endpoint: string) => verifyVapid(await vapid.authorization(endpoint, NOW)).claims;
  expect(await claims("https://push.example.org:8443/x")).toEqual({
    aud: "https://push.example.org:8443",
    exp: Math.floor(NOW / 1000) + 12 * 3_600,
    sub: "mailto:push@example.com",
  });
  expect((await claims("https://push.example.org:443/x")).aud).toBe("https://push.example.org");
});

test("a token serves a push service for 6 hours, and no other one", async () => {
  const vapid = new Vapid(await configure());
  const first = await vapid.authorization(ENDPOINT, NOW);
  expect(await vapid.authorization("https://push.example.net/send/other", NOW + 6 * HOUR_MS - 1)).toBe(first);
  expect(await vapid.authorization("https://push.example.org/", NOW)).not.toBe(first);
  const second = await vapid.authorization(ENDPOINT, NOW + 6 * HOUR_MS);
  expect(verifyVapid(second).claims.exp - verifyVapid(first).claims.exp).toBe(6 * 3_600);
  // A clock that went far back would leave tokens that live too long.
  expect(await vapid.authorization(ENDPOINT, NOW - 7 * HOUR_MS)).not.toBe(second);
});

test("remembers 100 push services, the newest", async () => {
  const vapid = new Vapid(await configure());
  const ask = (i: number) => vapid.authorization(`https://push-${i}.example.net/`, NOW);
  const made: string[] = [];
  for (let i = 0; i <= 100; i++) made.push(await ask(i));
  expect(await ask(100)).toBe(made[100]);
  expect(await ask(1)).toBe(made[1]);
  expect(await ask(0)).not.toBe(made[0]);
});

test("a token made anew is the newest again", async () => {
  const vapid = new Vapid(await configure());
  const later = NOW + 6 * HOUR_MS;
  const ask = (i: number, now: number) => vapid.authorization(`https://push-${i}.example.net/`, now);
  for (let i = 0; i < 100; i++) await ask(i, NOW);
  const anew = await ask(0, later);
  await ask(100, later);
  expect(await ask(0, later)).toBe(anew);
});

test("keys that are no pair are refused", async () => {
  const [one, other] = [await configure(), await configure()];
  await expect(importVapidKey({ ...one, publicKey: other.publicKey })).rejects.toThrow("not the two of one pair");
  await expect(importVapidKey({ ...one, publicKey: one.publicKey.slice(1) })).rejects.toThrow("public VAPID key");
  await expect(importVapidKey({ ...one, privateKey: "" })).rejects.toThrow("not the two of one pair");
  const mixed = new Vapid({ ...one, privateKey: other.privateKey });
  await expect(mixed.authorization(ENDPOINT, NOW)).rejects.toThrow("not the two of one pair");
});

test("made keys are a 65-byte point and a 32-byte scalar, new each time", async () => {
  const [one, other] = [await makeVapidKeys(), await makeVapidKeys()];
  expect(one.publicKey).toMatch(/^B[\w-]{86}$/);
  expect(one.privateKey).toMatch(/^[\w-]{43}$/);
  expect(one).not.toEqual(other);
});
