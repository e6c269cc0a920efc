import { createECDH, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readTarget } from "../../../src/domain/push/read-target.ts";
import { judgeUrl } from "../../../src/push/public-url.ts";
import { RFC_8291 } from "../../support/push/web-push-vectors.ts";

const read = (kind: string, value: Record<string, unknown>, allowPrivate = false) =>
  readTarget(kind, value, (url) => judgeUrl(url, allowPrivate));

const HEX = "0123456789abcdef".repeat(4);
const APNS = { token: HEX, topic: "com.example.app" };
const KEYS = { p256dh: RFC_8291.uaPublic, auth: RFC_8291.auth };
const SUBSCRIPTION = { endpoint: "https://push.example.net/send/abc", expirationTime: null, keys: KEYS };
const WEB_PUSH = { kind: "webpush", endpoint: SUBSCRIPTION.endpoint, ...KEYS };
const SECRET = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const HOOK = { url: "https://example.com/hook", secret: SECRET };
const FID = "cIr5c5nQT0yxQz-_AAAAAA";

const TOKEN_FORM = "token must be an FCM registration token: 1 to 4096 ASCII characters without spaces";
const FID_FORM = "fid must be a Firebase Installation ID: 22 characters of base64url, the first one of c, d, e, f";
const HEX_FORM = "token must be an APNs device token: 32 to 100 bytes in hex, that is 64 to 200 characters";
const TOPIC_FORM = "topic must be the app's bundle id, as com.example.app";
const SECRET_FORM = "secret must be whsec_ and the base64, padded, of 24 to 64 bytes";
const HOST_FORM = "must be at a public host: a full name, or a public address";

test("kinds are four", () => {
  const problem = "kind must be one of fcm, apns, webpush, webhook";
  for (const kind of ["", "FCM", "gcm", "constructor"]) expect(read(kind, { token: "t" })).toEqual({ problem });
});

describe("fcm", () => {
  test.each([
    ["a token", { token: "a:B-_c" }, { token: "a:B-_c" }],
    ["the longest token", { token: "t".repeat(4_096) }, { token: "t".repeat(4_096) }],
    ["a token beside an absent fid", { token: "t", fid: "" }, { token: "t" }],
    ["a fid", { fid: FID, token: null, type: -1, kind: "fcm" }, { fid: FID }],
  ])("reads %s", (_, value, target) => {
    expect(read("fcm", value)).toEqual({ kind: "fcm", ...target });
  });

  test.each([
    ["nothing", {}, TOKEN_FORM],
    ["an empty token", { token: "" }, TOKEN_FORM],
    ["a token that is no text", { token: 12 }, TOKEN_FORM],
    ["a token with a space", { token: "a b" }, TOKEN_FORM],
    ["a token with a line break at its end", { token: "a\n" }, TOKEN_FORM],
    ["a token with a control character", { token: "a\u0000" }, TOKEN_FORM],
    ["a token too long", { token: "t".repeat(4_097) }, TOKEN_FORM],
    ["a fid too short", { fid: FID.slice(1) }, FID_FORM],
    ["a fid too long", { fid: `${FID}A` }, FID_FORM],
    ["a fid that begins otherwise", { fid: `g${FID.slice(1)}` }, FID_FORM],
    ["token and fid", { token: "t", fid: FID }, "give token or fid, not both"],
    ["a token from the prototype", Object.create({ token: "t" }) as object, TOKEN_FORM],
  ])("refuses %s", (_, value, problem) => {
    expect(read("fcm", value as Record<string, unknown>)).toEqual({ problem });
  });
});

describe("apns", () => {
  test.each([
    ["production where nothing else is said", APNS, { ...APNS, environment: "production" }],
    ["sandbox", { ...APNS, environment: "sandbox" }, { ...APNS, environment: "sandbox" }],
    [
      "hex in upper case",
      { ...APNS, token: HEX.toUpperCase(), environment: "" },
      { ...APNS, environment: "production" },
    ],
    [
      "the longest token",
      { ...APNS, token: "ab".repeat(100) },
      { ...APNS, token: "ab".repeat(100), environment: "production" },
    ],
    [
      "a topic for calls",
      { ...APNS, topic: "com.Example-1.app.voip" },
      { ...APNS, topic: "com.Example-1.app.voip", environment: "production" },
    ],
  ])("reads %s", (_, value, target) => {
    expect(read("apns", value)).toEqual({ kind: "apns", ...target });
  });

  test.each([
    ["no token", { ...APNS, token: undefined }, HEX_FORM],
    ["a token too short", { ...APNS, token: HEX.slice(2) }, HEX_FORM],
    ["a token too long", { ...APNS, token: "ab".repeat(101) }, HEX_FORM],
    ["a token of half a byte more", { ...APNS, token: `${HEX}a` }, HEX_FORM],
    ["a token that is no hex", { ...APNS, token: `g${HEX.slice(1)}` }, HEX_FORM],
    ["a token as Apple's old libraries print it", { ...APNS, token: `<${HEX}>` }, HEX_FORM],
    ["no topic", { ...APNS, topic: "" }, TOPIC_FORM],
    ["a topic with a slash", { ...APNS, topic: "com/example" }, TOPIC_FORM],
    ["a topic with a line break", { ...APNS, topic: "com.example\r\nx: y" }, TOPIC_FORM],
    ["a topic with an empty label", { ...APNS, topic: "com..example" }, TOPIC_FORM],
    ["a topic too long", { ...APNS, topic: "a".repeat(256) }, TOPIC_FORM],
    ["another environment", { ...APNS, environment: "development" }, "environment must be production or sandbox"],
  ])("refuses %s", (_, value, problem) => {
    expect(read("apns", value)).toEqual({ problem });
  });
});

describe("webpush", () => {
  const base64 = (text: string) => Buffer.from(text, "base64url").toString("base64");
  const padded = (text: string) => base64(text).replaceAll("+", "-").replaceAll("/", "_");

  test.each([
    ["a subscription", { subscription: SUBSCRIPTION }],
    ["its JSON", { subscription: JSON.stringify(SUBSCRIPTION) }],
    ["its members", { kind: "webpush", ...SUBSCRIPTION }],
    ["its members beside an absent subscription", { subscription: null, ...SUBSCRIPTION }],
    ["keys as base64", { ...SUBSCRIPTION, keys: { p256dh: base64(KEYS.p256dh), auth: base64(KEYS.auth) } }],
    ["keys as padded base64url", { ...SUBSCRIPTION, keys: { p256dh: padded(KEYS.p256dh), auth: padded(KEYS.auth) } }],
    ["an endpoint in another spelling", { ...SUBSCRIPTION, endpoint: "HTTPS://PUSH.example.net:443/send/abc" }],
    ["an expiration time", { subscription: { ...SUBSCRIPTION, expirationTime: 1 } }],
  ])("reads %s", (_, value) => {
    expect(read("webpush", value)).toEqual(WEB_PUSH);
  });

  test("takes keys as they are made", () => {
    for (let i = 0; i < 20; i++) {
      const p256dh = createECDH("prime256v1").generateKeys().toString("base64url");
      const keys = { p256dh, auth: randomBytes(16).toString("base64url") };
      expect(read("webpush", { ...SUBSCRIPTION, keys })).toEqual({ ...WEB_PUSH, ...keys });
    }
  });

  const point = Buffer.from(KEYS.p256dh, "base64url");
  const changed = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(point);
    change(bytes);
    return bytes.toString("base64url");
  };
  const compressed = createECDH("prime256v1");
  const POINT_FORM = "must be a P-256 public key: 65 bytes, uncompressed, as base64url";

  test.each([
    ["nothing", undefined],
    ["a number", 5],
    ["what is no base64", "!"],
    ["both alphabets' padding in the middle", `${KEYS.p256dh.slice(0, 40)}=${KEYS.p256dh.slice(41)}`],
    ["a byte less", point.subarray(1).toString("base64url")],
    ["another first byte", changed((bytes) => (bytes[0] = 2))],
    ["a point beside the curve", changed((bytes) => (bytes[64] = bytes[64]! ^ 1))],
    ["no point at all", `B${"A".repeat(86)}`],
    ["coordinates past the field", Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 255)]).toString("base64url")],
    ["a compressed point", compressed.generateKeys("base64", "compressed")],
    ["far too long a text", "A".repeat(100_000)],
  ])("refuses %s as p256dh", (_, p256dh) => {
    const keys = { ...KEYS, p256dh };
    expect(read("webpush", { ...SUBSCRIPTION, keys })).toEqual({ problem: `keys.p256dh ${POINT_FORM}` });
    expect(read("webpush", { subscription: { ...SUBSCRIPTION, keys } })).toEqual({
      problem: `subscription.keys.p256dh ${POINT_FORM}`,
    });
  });

  const WHOLE_FORM = "subscription must be what pushManager.subscribe() gave, as a JSON object or its text";
  test.each([
    ["a subscription that is no JSON", { subscription: "{secret" }, WHOLE_FORM],
    ["JSON that is no object", { subscription: "[]" }, WHOLE_FORM],
    ["a subscription that is neither", { subscription: 5 }, WHOLE_FORM],
    ["far too long a text", { subscription: JSON.stringify({ ...SUBSCRIPTION, x: "x".repeat(9_000) }) }, WHOLE_FORM],
    ["no endpoint", { keys: KEYS }, "endpoint must be a URL"],
    [
      "an endpoint that is no text",
      { subscription: { endpoint: 1, keys: KEYS } },
      "subscription.endpoint must be a URL",
    ],
    ["an endpoint inside", { ...SUBSCRIPTION, endpoint: "https://10.0.0.1/" }, `endpoint ${HOST_FORM}`],
    ["no keys", { endpoint: SUBSCRIPTION.endpoint }, `keys.p256dh ${POINT_FORM}`],
    [
      "auth of 15 bytes",
      { ...SUBSCRIPTION, keys: { ...KEYS, auth: "A".repeat(20) } },
      "keys.auth must be 16 bytes as base64url",
    ],
    ["no auth", { ...SUBSCRIPTION, keys: { p256dh: KEYS.p256dh } }, "keys.auth must be 16 bytes as base64url"],
  ])("refuses %s", (_, value, problem) => {
    expect(read("webpush", value)).toEqual({ problem });
  });
});

describe("webhook", () => {
  const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 255).toString("base64")}`;

  test.each([24, 25, 26, 63, 64])("reads a secret of %d bytes", (bytes) => {
    const hook = { ...HOOK, secret: secretOf(bytes) };
    expect(read("webhook", hook)).toEqual({ kind: "webhook", ...hook });
  });

  test("writes its URL as the parser does; takes any in local development", () => {
    const loose = { ...HOOK, url: "HTTPS://example.com:443/hook#x" };
    expect(read("webhook", loose)).toEqual({ kind: "webhook", ...HOOK });
    const local = { ...HOOK, url: "http://localhost:9000/" };
    expect(read("webhook", local, true)).toEqual({ kind: "webhook", ...local });
    expect(read("webhook", local)).toEqual({ problem: "url must be an https URL" });
  });

  test.each([
    ["no url", { ...HOOK, url: null }, "url must be a URL"],
    ["a url inside", { ...HOOK, url: "https://hook.internal/" }, `url ${HOST_FORM}`],
    ["no secret", { ...HOOK, secret: "" }, SECRET_FORM],
    ["a secret without its prefix", { ...HOOK, secret: SECRET.slice(6) }, SECRET_FORM],
    ["a secret too short", { ...HOOK, secret: secretOf(23) }, SECRET_FORM],
    ["a secret too long", { ...HOOK, secret: secretOf(65) }, SECRET_FORM],
    ["a secret without its padding", { ...HOOK, secret: secretOf(25).replace(/=+$/, "") }, SECRET_FORM],
    ["a secret in base64url", { ...HOOK, secret: secretOf(24).replaceAll("/", "_") }, SECRET_FORM],
    ["a secret with a line break", { ...HOOK, secret: `${SECRET}\n` }, SECRET_FORM],
  ])("refuses %s", (_, value, problem) => {
    expect(read("webhook", value)).toEqual({ problem });
  });
});

test("problems tell nothing of what was given", () => {
  const marked = "sEcReT-mark ";
  const values: [string, Record<string, unknown>][] = [
    ["fcm", { token: marked }],
    ["fcm", { fid: marked }],
    ["apns", { ...APNS, token: marked }],
    ["apns", { ...APNS, topic: marked }],
    ["apns", { ...APNS, environment: marked }],
    ["webpush", { subscription: marked }],
    ["webpush", { ...SUBSCRIPTION, endpoint: `https://${marked}/` }],
    ["webpush", { ...SUBSCRIPTION, endpoint: "https://10.0.0.1/sEcReT" }],
    ["webpush", { ...SUBSCRIPTION, keys: { ...KEYS, p256dh: marked } }],
    ["webpush", { ...SUBSCRIPTION, keys: { ...KEYS, auth: marked } }],
    ["webhook", { ...HOOK, secret: marked }],
    ["webhook", { ...HOOK, url: `http://example.com/${marked}` }],
  ];
  for (const [kind, value] of values) {
    const target = read(kind, value);
    expect(target).toHaveProperty("problem");
    expect(JSON.stringify(target)).not.toContain("sEcReT");
  }
});
