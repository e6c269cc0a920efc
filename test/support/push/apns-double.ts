/**
 * APNs over HTTP/1.1, else as Apple documents it (developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
 * and the articles beside it). Both environments are one, unless a target says otherwise.
 */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { type JWTPayload, jwtVerify } from "jose";
import { fieldsOf, json, must, text } from "./check.ts";
import { type Answer, type Call, type Double, startDouble } from "./double.ts";

const KEY_ID = "DOUBLEKEY1";
const TEAM_ID = "DOUBLETEAM";
const TOPIC = "example.allspark.double";
const MAX_PAYLOAD_BYTES = 4_096;
const TOKEN_MAX_AGE_S = 3_600;
const TOKEN_MIN_INTERVAL_S = 20 * 60;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const APS_FIELDS = ["alert", "badge", "sound", "thread-id", "category", "content-available", "mutable-content"];

/** What a device token may be told to be answered with. */
const TARGET_ERRORS = {
  Unregistered: 410,
  ExpiredToken: 410,
  BadDeviceToken: 400,
  DeviceTokenNotForTopic: 400,
} as const;

export interface ApnsNotification {
  device: string;
  headers: Record<string, string>;
  payload: Record<string, unknown> & { aps: Record<string, unknown> };
}

export interface ApnsDouble extends Double {
  /** What was taken, in order. */
  notifications: ApnsNotification[];
  /** The one topic that it knows. */
  topic: string;
  /** The variables of an edge that is to use this double. */
  settings(): Record<string, string>;
  /** The device of this token is gone, or as `reason` says. */
  kill(device: string, reason?: keyof typeof TARGET_ERRORS): void;
  /** Provider tokens that have come so far are refused from now on, with this reason. */
  refuseTokens(reason: "ExpiredProviderToken" | "InvalidProviderToken"): void;
}

export async function startApnsDouble(port = 0): Promise<ApnsDouble> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const dead = new Map<string, keyof typeof TARGET_ERRORS>();
  const notifications: ApnsNotification[] = [];
  let refused: { upTo: number; reason: string } | undefined;
  /** The provider token that came last, and when it was made, s. */
  let newest: { token: string; iat: number } | undefined;

  /** Null where the token is good. */
  async function refuseToken(authorization: string | undefined): Promise<Answer | null> {
    if (authorization === undefined) return { status: 403, body: { reason: "MissingProviderToken" } };
    const token = /^bearer (\S+)$/.exec(authorization)?.[1] ?? "";
    let claims: JWTPayload;
    try {
      const verified = await jwtVerify(token, publicKey, { algorithms: ["ES256"], issuer: TEAM_ID });
      must(verified.protectedHeader.kid === KEY_ID, "kid");
      claims = verified.payload;
    } catch {
      return { status: 403, body: { reason: "InvalidProviderToken" } };
    }
    must(Object.keys(claims).toSorted().join() === "iat,iss", "claims of the provider token");
    const iat = claims.iat!;
    const now = Date.now() / 1_000;
    must(iat <= now + 60, "iat lies ahead");
    if (now - iat > TOKEN_MAX_AGE_S) return { status: 403, body: { reason: "ExpiredProviderToken" } };
    if (newest !== undefined && token !== newest.token && Math.abs(iat - newest.iat) < TOKEN_MIN_INTERVAL_S) {
      return { status: 429, body: { reason: "TooManyProviderTokenUpdates" } };
    }
    newest = { token, iat };
    return refused !== undefined && iat <= refused.upTo ? { status: 403, body: { reason: refused.reason } } : null;
  }

  const http = await startDouble(async (call) => {
    must(call.method === "POST", "method");
    const device = /^\/3\/device\/([^/?]+)$/.exec(call.path)?.[1];
    must(device !== undefined, `path ${call.path}`);
    const refusal = await refuseToken(call.headers.authorization);
    if (refusal !== null) return refusal;
    const headers = checkHeaders(call);
    const payload = checkPayload(call.body, headers["apns-push-type"] === "background");
    const reason = /^[0-9a-f]{64,200}$/i.test(device) ? dead.get(device) : "BadDeviceToken";
    if (reason !== undefined) {
      return {
        status: TARGET_ERRORS[reason],
        body: { reason, ...(reason === "Unregistered" && { timestamp: Date.now() }) },
      };
    }
    notifications.push({ device, headers, payload });
    return { status: 200, headers: { "apns-id": headers["apns-id"] ?? randomUUID() } };
  }, port);

  return Object.assign(http, {
    notifications,
    topic: TOPIC,
    settings: () => ({
      ALLSPARK_PUSH_APNS_KEY: pem.replaceAll("\n", "\\n"),
      ALLSPARK_PUSH_APNS_KEY_ID: KEY_ID,
      ALLSPARK_PUSH_APNS_TEAM_ID: TEAM_ID,
      ALLSPARK_PUSH_APNS_URL: http.url,
    }),
    kill: (device: string, reason: keyof typeof TARGET_ERRORS = "Unregistered") => void dead.set(device, reason),
    refuseTokens: (reason: string) => void (refused = { upTo: newest?.iat ?? 0, reason }),
  });
}

/** The apns- headers; throws for one that is unknown, missing or of another form. */
function checkHeaders(call: Call): Record<string, string> {
  const headers = Object.fromEntries(Object.entries(call.headers).filter(([name]) => name.startsWith("apns-")));
  fieldsOf(headers, "the headers", [
    "apns-topic",
    "apns-push-type",
    "apns-priority",
    "apns-expiration",
    "apns-collapse-id",
    "apns-id",
  ]);
  must(headers["apns-topic"] === TOPIC, "apns-topic");
  const type = headers["apns-push-type"];
  must(type === "alert" || type === "background", "apns-push-type");
  must(["1", "5", "10"].includes(String(headers["apns-priority"] ?? "10")), "apns-priority");
  must(type !== "background" || headers["apns-priority"] === "5", "a background push of another priority than 5");
  must(/^\d{1,10}$/.test(String(headers["apns-expiration"] ?? "0")), "apns-expiration");
  if ("apns-collapse-id" in headers) text(headers["apns-collapse-id"], "apns-collapse-id", 64);
  must(UUID.test(String(headers["apns-id"] ?? "")), "apns-id");
  return headers as Record<string, string>;
}

function checkPayload(body: Buffer, background: boolean): ApnsNotification["payload"] {
  must(body.byteLength <= MAX_PAYLOAD_BYTES, `a payload of ${body.byteLength} bytes`);
  const value = json(body);
  const payload = fieldsOf(value, "the payload", Object.keys(value as object));
  const aps = fieldsOf(payload["aps"], "aps", APS_FIELDS);
  if (background) {
    must(Object.keys(aps).join() === "content-available" && aps["content-available"] === 1, "aps of a background push");
  } else {
    const alert = fieldsOf(aps["alert"], "alert", ["title", "subtitle", "body"]);
    for (const [name, part] of Object.entries(alert)) text(part, `alert.${name}`, MAX_PAYLOAD_BYTES);
  }
  return payload as ApnsNotification["payload"];
}
