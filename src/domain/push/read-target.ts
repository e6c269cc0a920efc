/** Reads a push target as a node gives it, by socket or HTTP. What is wrong is said without quoting a token or a secret. */
import { decodeBase64, encodeBase64 } from "../auth/base64.ts";
import { isP256Point } from "./p256-point.ts";
import {
  PUSH_KINDS,
  type ApnsTarget,
  type FcmTarget,
  type PushKind,
  type PushTarget,
  type WebhookTarget,
  type WebPushTarget,
} from "./target.ts";
import { SECRET_FORM, secretBytes } from "./webhook-secret.ts";

/** What is wrong with a target: names the field and what would be right. */
export interface TargetProblem {
  problem: string;
}

/**
 * May the edge call this URL? Its one spelling where it may; else the rest of a sentence that begins with the field's
 * name ("must be …"). URLs are parsed outside of this layer.
 */
export type JudgeUrl = (url: string) => { href: string } | TargetProblem;

type Fields = Record<string, unknown>;
type Read<Target> = Target | TargetProblem;

const FCM_TOKEN = /^[!-~]{1,4096}$/;
/** As Firebase's own libraries check it: 4 bits that say so, then 128 random ones and 2 more. */
const FID = /^[cdef][\w-]{21}$/;
/** Apple has them vary in length; so far they are 32 bytes. */
const APNS_TOKEN = /^(?:[0-9a-f]{2}){32,100}$/;
/** A bundle id, with what Apple puts behind it for some kinds of push. */
const TOPIC = /^(?=.{1,255}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;
/** A subscription as text; browsers' are below 1,000 characters. */
const MAX_SUBSCRIPTION_CHARS = 8_192;

export function isPushKind(kind: unknown): kind is PushKind {
  return (PUSH_KINDS as readonly unknown[]).includes(kind);
}

/**
 * The target that `value` describes, its members being those of a JSON object or the fields of a form; null and "" count
 * as absent, and members that the kind has no use for are ignored. What comes back has one spelling: hex in lower case,
 * keys as base64url without padding, URLs as the parser writes them.
 */
export function readTarget(kind: string, value: Fields, judgeUrl: JudgeUrl): PushTarget | TargetProblem {
  if (!isPushKind(kind)) return { problem: `kind must be one of ${PUSH_KINDS.join(", ")}` };
  switch (kind) {
    case "fcm":
      return readFcm(value);
    case "apns":
      return readApns(value);
    case "webpush":
      return readWebPush(value, judgeUrl);
    case "webhook":
      return readWebhook(value, judgeUrl);
  }
}

function readFcm(value: Fields): Read<FcmTarget> {
  const [token, fid] = [given(value, "token"), given(value, "fid")];
  if (token !== undefined && fid !== undefined) return { problem: "give token or fid, not both" };
  if (fid !== undefined) {
    if (matches(FID, fid)) return { kind: "fcm", fid };
    return {
      problem: "fid must be a Firebase Installation ID: 22 characters of base64url, the first one of c, d, e, f",
    };
  }
  if (matches(FCM_TOKEN, token)) return { kind: "fcm", token };
  return { problem: "token must be an FCM registration token: 1 to 4096 ASCII characters without spaces" };
}

function readApns(value: Fields): Read<ApnsTarget> {
  const [token, topic] = [given(value, "token"), given(value, "topic")];
  const environment = given(value, "environment") ?? "production";
  const hex = typeof token === "string" ? token.toLowerCase() : undefined;
  if (!matches(APNS_TOKEN, hex)) {
    return { problem: "token must be an APNs device token: 32 to 100 bytes in hex, that is 64 to 200 characters" };
  }
  if (!matches(TOPIC, topic)) return { problem: "topic must be the app's bundle id, as com.example.app" };
  if (environment !== "production" && environment !== "sandbox") {
    return { problem: "environment must be production or sandbox" };
  }
  return { kind: "apns", token: hex, topic, environment };
}

function readWebPush(value: Fields, judgeUrl: JudgeUrl): Read<WebPushTarget> {
  const whole = given(value, "subscription");
  const subscription = whole === undefined ? value : readSubscription(whole);
  if (subscription === undefined) {
    return { problem: "subscription must be what pushManager.subscribe() gave, as a JSON object or its text" };
  }
  const name = (field: string) => (whole === undefined ? field : `subscription.${field}`);
  const endpoint = readUrl(name("endpoint"), given(subscription, "endpoint"), judgeUrl);
  if ("problem" in endpoint) return endpoint;
  const keys = given(subscription, "keys");
  const [p256dh, auth] = ["p256dh", "auth"].map((key) => decodeKey(isObject(keys) ? keys[key] : undefined));
  if (!p256dh || !isP256Point(p256dh)) {
    return { problem: `${name("keys.p256dh")} must be a P-256 public key: 65 bytes, uncompressed, as base64url` };
  }
  if (auth?.length !== 16) return { problem: `${name("keys.auth")} must be 16 bytes as base64url` };
  const encode = (bytes: Uint8Array) => encodeBase64(bytes, "base64url");
  return { kind: "webpush", endpoint: endpoint.href, p256dh: encode(p256dh), auth: encode(auth) };
}

function readWebhook(value: Fields, judgeUrl: JudgeUrl): Read<WebhookTarget> {
  const url = readUrl("url", given(value, "url"), judgeUrl);
  if ("problem" in url) return url;
  const secret = given(value, "secret");
  if (typeof secret === "string" && secretBytes(secret) !== null) return { kind: "webhook", url: url.href, secret };
  return { problem: `secret must be ${SECRET_FORM}` };
}

/** The member, undefined where it counts as absent. An object's own alone: a form may name `constructor`. */
function given(value: Fields, name: string): unknown {
  const member = Object.hasOwn(value, name) ? value[name] : undefined;
  return member === null || member === "" ? undefined : member;
}

function matches(form: RegExp, value: unknown): value is string {
  return typeof value === "string" && form.test(value);
}

function readSubscription(value: unknown): Fields | undefined {
  if (isObject(value)) return value;
  if (typeof value !== "string" || value.length > MAX_SUBSCRIPTION_CHARS) return undefined;
  try {
    const parsed: unknown = JSON.parse(value);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function readUrl(name: string, value: unknown, judgeUrl: JudgeUrl): { href: string } | TargetProblem {
  if (typeof value !== "string") return { problem: `${name} must be a URL` };
  const judged = judgeUrl(value);
  return "problem" in judged ? { problem: `${name} ${judged.problem}` } : judged;
}

/** From base64 or base64url, padded or not: both are about. */
function decodeKey(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  // No key is so long.
  if (typeof value !== "string" || value.length > 100) return undefined;
  const text = value
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/={1,2}$/, "");
  return decodeBase64(text, "base64url") ?? undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
