import { createHash, createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { mintAuthKey } from "../../../src/http/auth/mint.ts";
import { mintValidationKey, verifyValidationKey } from "../../../src/http/auth/validation-key.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { authConfig } from "./config.ts";
import { ASYMMETRIC, FIRST, JWT, SECOND, T, V1, V2 } from "./vectors.ts";

const BINDING = { nodeId: "node-1", gateway: "edge.allspark" };
const INVALID = { ok: false, code: "VALIDATION_KEY_INVALID" };
const EXPIRED = { ok: false, code: "VALIDATION_KEY_EXPIRED" };

test("is short, needs no quoting in a URL, and names its id and end", async () => {
  const { key, expiresAt } = await mintValidationKey(BINDING, [FIRST], T);
  expect(expiresAt).toBe(T + LIMITS.validationKeyTtlMs);
  expect(key).toMatch(/^[A-Za-z0-9._-]{76}$/);
  const outcome = await verifyValidationKey(key, BINDING, [FIRST], T);
  expect(outcome).toEqual({ ok: true, id: expect.stringMatching(/^[A-Za-z0-9_-]{20}$/) as unknown, expiresAt });
});

test.each([undefined, "s", "Sitzung ✓"])(
  "is made as documented, by an independent HMAC: session %s",
  async (sessionId) => {
    const { key, expiresAt } = await mintValidationKey({ ...BINDING, sessionId }, [FIRST], T);
    const bytes = Buffer.from(key.slice(4), "base64url");
    const head = bytes.subarray(0, -32);
    expect(head[0]).toBe(sessionId === undefined ? 0 : 1);
    expect(head.readUIntBE(16, 6)).toBe(expiresAt);
    const digest = sessionId === undefined ? "" : createHash("sha256").update(sessionId).digest("hex").slice(0, 32);
    expect(head.subarray(22).toString("hex")).toBe(digest);
    const signed = `allspark validation_key ${JSON.stringify([head.toString("base64url"), "node-1", "edge.allspark"])}`;
    expect(bytes.subarray(-32).toString("hex")).toBe(createHmac("sha256", FIRST).update(signed).digest("hex"));
  },
);

test("every key has an id of its own", async () => {
  const ids = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const { key } = await mintValidationKey(BINDING, [FIRST], T);
    const outcome = await verifyValidationKey(key, BINDING, [FIRST], T);
    if (outcome.ok) ids.add(outcome.id);
  }
  expect(ids.size).toBe(200);
});

test("lives 60 s to the millisecond", async () => {
  const { key } = await mintValidationKey(BINDING, [FIRST], T);
  expect(await verifyValidationKey(key, BINDING, [FIRST], T + 59_999)).toMatchObject({ ok: true });
  expect(await verifyValidationKey(key, BINDING, [FIRST], T + 60_000)).toEqual(EXPIRED);
});

test("opens nothing for another node or gateway, however the fields are joined", async () => {
  const { key } = await mintValidationKey({ nodeId: "ab", gateway: "c" }, [FIRST], T);
  const others = [
    { nodeId: "a", gateway: "bc" },
    { nodeId: "abc", gateway: "" },
    { nodeId: "ab", gateway: "d" },
    { nodeId: "AB", gateway: "c" },
    { nodeId: 'ab","c', gateway: "" },
  ];
  for (const other of others) expect(await verifyValidationKey(key, other, [FIRST], T)).toEqual(INVALID);
});

test("one bound to a session opens no other that is named; one that is not opens any", async () => {
  const bound = await mintValidationKey({ ...BINDING, sessionId: "s" }, [FIRST], T);
  for (const sessionId of ["s", undefined]) {
    expect(await verifyValidationKey(bound.key, { ...BINDING, sessionId }, [FIRST], T)).toMatchObject({ ok: true });
  }
  for (const sessionId of ["t", "S", "s ", "ss", ""]) {
    expect(await verifyValidationKey(bound.key, { ...BINDING, sessionId }, [FIRST], T)).toEqual(INVALID);
  }
  const free = await mintValidationKey(BINDING, [FIRST], T);
  expect(await verifyValidationKey(free.key, { ...BINDING, sessionId: "s" }, [FIRST], T)).toMatchObject({ ok: true });
});

test("a bound one is short, too, and lives as long", async () => {
  const { key, expiresAt } = await mintValidationKey({ ...BINDING, sessionId: "s".repeat(128) }, [FIRST], T);
  expect(key).toMatch(/^[A-Za-z0-9._-]{98}$/);
  expect(await verifyValidationKey(key, BINDING, [FIRST], expiresAt - 1)).toMatchObject({ ok: true, expiresAt });
  expect(await verifyValidationKey(key, BINDING, [FIRST], expiresAt)).toEqual(EXPIRED);
});

test("the first secret signs and all verify", async () => {
  const { key } = await mintValidationKey(BINDING, [SECOND, FIRST], T);
  expect(await verifyValidationKey(key, BINDING, [SECOND], T)).toMatchObject({ ok: true });
  expect(await verifyValidationKey(key, BINDING, [FIRST, SECOND], T)).toMatchObject({ ok: true });
  expect(await verifyValidationKey(key, BINDING, [FIRST], T)).toEqual(INVALID);
  expect(await verifyValidationKey(key, BINDING, [], T)).toEqual(INVALID);
  await expect(mintValidationKey(BINDING, [], T)).rejects.toThrow("no secret");
});

test("an auth_key is no validation_key, nor the other way round", async () => {
  const { key } = await mintValidationKey(BINDING, [FIRST], T);
  expect(await verifyAuthKey(key, authConfig(), T)).toEqual({ ok: false, code: "AUTH_INVALID" });
  const minted = await mintAuthKey({ nodeId: "node-1", format: "jwt" }, FIRST, T);
  for (const authKey of [minted, JWT.full, V1.bare, V2.bare, ...Object.values(ASYMMETRIC)]) {
    expect(await verifyValidationKey(authKey, BINDING, [FIRST], T)).toEqual(INVALID);
  }
});

/** A key with another first byte. */
function flagged(key: string, flags: number): string {
  const bytes = Buffer.from(key.slice(4), "base64url");
  bytes[0] = flags;
  return `vk1.${bytes.toString("base64url")}`;
}

test("rubbish is refused", async () => {
  const { key } = await mintValidationKey(BINDING, [FIRST], T);
  const bound = (await mintValidationKey({ ...BINDING, sessionId: "s" }, [FIRST], T)).key;
  const others = [
    "",
    "vk1.",
    key.slice(0, -1),
    `${key}A`,
    ` ${key}`,
    key.toUpperCase(),
    `vk2.${key.slice(4)}`,
    "x".repeat(76),
    "x".repeat(98),
    // With one shape's head and the other's length.
    bound.slice(0, 76),
    key + bound.slice(76),
    flagged(bound, 0),
    flagged(bound.slice(0, 76), 0),
    flagged(key, 1),
  ];
  for (const other of others) expect(await verifyValidationKey(other, BINDING, [FIRST], T)).toEqual(INVALID);
});
