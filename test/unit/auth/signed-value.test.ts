import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { authConfig } from "./config.ts";
import { FIRST, SECOND, T, V1, V2 } from "./vectors.ts";

const INVALID = { ok: false, code: "AUTH_INVALID" };
const EXPIRED = { ok: false, code: "AUTH_EXPIRED" };
const NODE_1 = { ok: true, caller: { nodeId: "node-1", app: false, issuedAt: T } };
const DAY = 86_400_000;

/** A v1 key whose parts may be anything: what an attacker with a signing oracle would send. */
function signV1(value: string, seconds: string): string {
  const signature = createHmac("sha1", FIRST).update(`user_key${value}${seconds}`).digest("hex");
  return `${value}|${seconds}|${signature}`;
}

test.each([
  ["v1", V1],
  ["v2", V2],
])("%s: bare node id, JSON, and a key of the second secret", async (_, keys) => {
  expect(await verifyAuthKey(keys.bare, authConfig(), T)).toEqual(NODE_1);
  expect(await verifyAuthKey(keys.compact, authConfig(), T)).toEqual({
    ok: true,
    caller: { nodeId: "node-1", clientId: "c1", app: true, issuedAt: T },
  });
});

test("v1 JSON of Python, with a null connection_id and a name beyond ASCII", async () => {
  expect(await verifyAuthKey(V1.json, authConfig(), T)).toEqual({
    ok: true,
    caller: { nodeId: "nöde", clientId: "c1", app: true, issuedAt: T },
  });
});

test("v2 JSON of Python, with a connection_id", async () => {
  expect(await verifyAuthKey(V2.json, authConfig(), T)).toMatchObject({
    ok: true,
    caller: { clientId: "c1", app: true },
  });
});

test("a secret verifies as long as it is in the list, in any place", async () => {
  for (const key of [V1.second, V2.keyVersion7]) {
    expect(await verifyAuthKey(key, authConfig({ secrets: [SECOND] }), T)).toEqual(NODE_1);
    expect(await verifyAuthKey(key, authConfig({ secrets: [FIRST, SECOND] }), T)).toEqual(NODE_1);
    expect(await verifyAuthKey(key, authConfig({ secrets: [FIRST] }), T)).toEqual(INVALID);
    expect(await verifyAuthKey(key, authConfig({ secrets: [] }), T)).toEqual(INVALID);
  }
});

test("v1 is off unless it is switched on, also for a key that was taken before", async () => {
  expect(await verifyAuthKey(V1.bare, authConfig(), T)).toEqual(NODE_1);
  expect(await verifyAuthKey(V1.bare, authConfig({ acceptV1Keys: false }), T)).toEqual(INVALID);
});

test("v1 never expires", async () => {
  expect(await verifyAuthKey(V1.ancient, authConfig(), T)).toMatchObject({
    ok: true,
    caller: { issuedAt: 1_000_000_000_000 },
  });
});

test("v1 of the future is good within the skew", async () => {
  expect(await verifyAuthKey(V1.future59, authConfig(), T)).toMatchObject({ ok: true });
  expect(await verifyAuthKey(V1.future61, authConfig(), T)).toEqual(EXPIRED);
  expect(await verifyAuthKey(V1.future61, authConfig(), T + 900)).toEqual(EXPIRED);
  expect(await verifyAuthKey(V1.future61, authConfig(), T + 1_100)).toMatchObject({ ok: true });
});

test.each(["leadingZero", "nine", "eleven", "word"] as const)("v1 with %s seconds is refused", async (name) => {
  expect(await verifyAuthKey(V1[name], authConfig(), T)).toEqual(INVALID);
});

test("v1: no shift of characters between value and seconds keeps a key good", async () => {
  // "node-1" is six bytes, so no padding tells where its base64 ends; and these seconds have no 0 to be caught at:
  // with four digits shifted the value would be UTF-8 still, and name another node.
  const key = signV1("bm9kZS0x", "1712345678");
  const [value = "", seconds = "", signature = ""] = key.split("|");
  expect(Buffer.from(`${value}1712`, "base64").toString()).toBe("node-1\u05fdv");
  const text = value + seconds;
  const taken: string[] = [];
  for (let cut = 0; cut <= text.length; cut++) {
    const shifted = `${text.slice(0, cut)}|${text.slice(cut)}|${signature}`;
    if ((await verifyAuthKey(shifted, authConfig(), T + 365 * DAY)).ok) taken.push(shifted);
  }
  expect(taken).toEqual([key]);
});

test("v1 whose value is base64 of another spelling is refused although it is signed", async () => {
  const seconds = String(T / 1000);
  expect(await verifyAuthKey(signV1("bm9kZTE=", seconds), authConfig(), T)).toMatchObject({ ok: true });
  for (const value of ["bm9kZTF=", "bm9kZTE", "bm9kZTE==", "bm9k\nZTE="]) {
    expect(await verifyAuthKey(signV1(value, seconds), authConfig(), T)).toEqual(INVALID);
  }
});

test("v2 lives 31 days, and may be from the future within the skew", async () => {
  expect(await verifyAuthKey(V2.bare, authConfig(), T + 31 * DAY)).toEqual(NODE_1);
  expect(await verifyAuthKey(V2.bare, authConfig(), T + 31 * DAY + 1)).toEqual(EXPIRED);
  expect(await verifyAuthKey(V2.bare, authConfig(), T - 59_900)).toEqual(NODE_1);
  expect(await verifyAuthKey(V2.bare, authConfig(), T - 60_100)).toEqual(EXPIRED);
});

test("v2 of another name is refused", async () => {
  expect(await verifyAuthKey(V2.otherName, authConfig(), T)).toEqual(INVALID);
});

test.each(["proto", "number", "array", "appText", "brokenJson", "empty", "control", "bytes129", "notUtf8"] as const)(
  "a signed value that names no node is refused: %s",
  async (name) => expect(await verifyAuthKey(V2[name], authConfig(), T)).toEqual(INVALID),
);

test("__proto__ beside a node_id gives nothing away", async () => {
  expect(await verifyAuthKey(V2.protoBeside, authConfig(), T)).toEqual(NODE_1);
  expect(({} as { app?: unknown }).app).toBeUndefined();
});

test("a null client_id is none, and an id of 128 bytes fits", async () => {
  expect(await verifyAuthKey(V2.nullClient, authConfig(), T)).toEqual(NODE_1);
  expect(await verifyAuthKey(V2.bytes128, authConfig(), T)).toMatchObject({
    ok: true,
    caller: { nodeId: "é".repeat(64) },
  });
});

test("a key quoted for a URL once more than it should be is good, twice more is not", async () => {
  const quoted = encodeURIComponent(V1.plus);
  expect(quoted).toContain("%2F");
  expect(await verifyAuthKey(quoted, authConfig(), T)).toMatchObject({ ok: true, caller: { nodeId: "a>?>~\u07ff?" } });
  expect(await verifyAuthKey(encodeURIComponent(V2.bare), authConfig(), T)).toEqual(NODE_1);
  expect(await verifyAuthKey(encodeURIComponent(quoted), authConfig(), T)).toEqual(INVALID);
  expect(await verifyAuthKey("%", authConfig(), T)).toEqual(INVALID);
  expect(await verifyAuthKey("%ff|1700000000|00", authConfig(), T)).toEqual(INVALID);
});

test("a + that a form decoder took for a space is put back", async () => {
  const value = Buffer.from("a>>").toString("base64");
  expect(value).toContain("+");
  const key = signV1(value, String(T / 1000));
  expect(await verifyAuthKey(key.replaceAll("+", " "), authConfig(), T)).toMatchObject({
    ok: true,
    caller: { nodeId: "a>>" },
  });
});

test.each([
  "",
  "x",
  "|",
  "||",
  "|||",
  "2|",
  "2|1:0|",
  "2|99999:",
  `2|1:0|10:1700000000|8:user_key|8:bm9kZS0x|`,
  "2|-1:0|",
  "2|01:0|x",
])("rubbish is refused: %j", async (key) => expect(await verifyAuthKey(key, authConfig(), T)).toEqual(INVALID));

test("a v2 key with a length written another way is refused although it is signed", async () => {
  const signed = "2|01:0|10:1700000000|8:user_key|8:bm9kZS0x|";
  const key = signed + createHmac("sha256", FIRST).update(signed).digest("hex");
  expect(await verifyAuthKey(key, authConfig(), T)).toEqual(INVALID);
});
