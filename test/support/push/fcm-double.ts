/**
 * FCM's HTTP v1 API and Google's token endpoint, as they are documented
 * (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages, developers.google.com/identity/protocols/oauth2/service-account).
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { jwtVerify } from "jose";
import { fieldsOf, json, must, text } from "./check.ts";
import { type Answer, type Call, type Double, startDouble } from "./double.ts";

const PROJECT = "allspark-double";
const EMAIL = `push@${PROJECT}.iam.gserviceaccount.com`;
const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const TOKEN_PATH = "/token";
const SEND_PATH = `/v1/projects/${PROJECT}/messages:send`;
const MAX_PAYLOAD_BYTES = 4_096;
const RESERVED = /^(from|message_type)$|^(google|gcm)\./;

/** A message as the service took it. */
export interface FcmMessage {
  token?: string;
  fid?: string;
  notification?: { title?: string; body?: string };
  data?: Record<string, string>;
  android?: { priority?: string; collapse_key?: string; ttl?: string };
  apns?: { headers?: Record<string, string>; payload?: { aps: Record<string, unknown> } };
}

/** FcmError codes that a target may be told to answer with, and the HTTP status and canonical code of each. */
const TARGET_ERRORS = {
  UNREGISTERED: [404, "NOT_FOUND", "Requested entity was not found."],
  SENDER_ID_MISMATCH: [403, "PERMISSION_DENIED", "SenderId mismatch"],
  INVALID_ARGUMENT: [400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token"],
} as const;

export interface FcmDouble extends Double {
  /** What was taken, in order. */
  messages: FcmMessage[];
  /** Access tokens given out so far. */
  tokensGiven: number;
  /** The variables of an edge that is to use this double. */
  settings(): Record<string, string>;
  /** The app instance of this token or FID is gone, or was never this project's. */
  kill(target: string, error?: keyof typeof TARGET_ERRORS): void;
  /** Access tokens given out so far are refused from now on. */
  refuseTokens(): void;
  /** For how many seconds the next ones are good (3600). */
  tokenLifeSeconds: number;
}

export async function startFcmDouble(port = 0): Promise<FcmDouble> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const dead = new Map<string, keyof typeof TARGET_ERRORS>();
  const messages: FcmMessage[] = [];
  /** With the end of each, ms. */
  const tokens = new Map<string, number>();

  async function giveToken(call: Call): Promise<Answer> {
    must(call.headers["content-type"]?.split(";")[0] === "application/x-www-form-urlencoded", "the token call's form");
    const form = new URLSearchParams(call.body.toString());
    must(form.get("grant_type") === "urn:ietf:params:oauth:grant-type:jwt-bearer", "grant_type");
    must([...form.keys()].toSorted().join() === "assertion,grant_type", "parameters of the token call");
    const verified = await jwtVerify(form.get("assertion") ?? "", publicKey, {
      algorithms: ["RS256"],
      issuer: EMAIL,
      audience: `${double.url}${TOKEN_PATH}`,
      requiredClaims: ["iat", "exp"],
    });
    const { iat, exp, scope, ...rest } = verified.payload;
    must(scope === SCOPE, "scope");
    must(exp! - iat! <= 3_600 && exp! > iat!, "exp is more than an hour after iat");
    must(Math.abs(Date.now() / 1_000 - iat!) < 60, "iat is not now");
    must(Object.keys(rest).toSorted().join() === "aud,iss", "claims");
    const token = `ya29.${randomBytes(24).toString("base64url")}`;
    tokens.set(token, Date.now() + double.tokenLifeSeconds * 1_000);
    double.tokensGiven++;
    return { status: 200, body: { access_token: token, expires_in: double.tokenLifeSeconds, token_type: "Bearer" } };
  }

  function send(call: Call): Answer {
    must(call.headers["content-type"]?.split(";")[0] === "application/json", "content-type");
    const bearer = /^Bearer (\S+)$/.exec(call.headers.authorization ?? "")?.[1];
    must(bearer !== undefined, "authorization");
    if ((tokens.get(bearer) ?? 0) <= Date.now()) return refusal(401, "UNAUTHENTICATED", "invalid credentials");
    const message = checkMessage(json(call.body));
    const error = dead.get(message.token ?? message.fid ?? "");
    if (error !== undefined) {
      const [status, canonical, text] = TARGET_ERRORS[error];
      return refusal(status, canonical, text, error);
    }
    messages.push(message);
    return { status: 200, body: { name: `projects/${PROJECT}/messages/${messages.length}` } };
  }

  const http = await startDouble((call) => {
    must(call.method === "POST", "method");
    if (call.path === TOKEN_PATH) return giveToken(call);
    must(call.path === SEND_PATH, `path ${call.path}`);
    return send(call);
  }, port);

  const double: FcmDouble = Object.assign(http, {
    messages,
    tokensGiven: 0,
    tokenLifeSeconds: 3_600,
    settings: () => ({
      ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: JSON.stringify({
        type: "service_account",
        project_id: PROJECT,
        private_key_id: "double",
        private_key: pem,
        client_email: EMAIL,
        token_uri: `${http.url}${TOKEN_PATH}`,
      }),
      ALLSPARK_PUSH_FCM_URL: http.url,
    }),
    kill: (target: string, error: keyof typeof TARGET_ERRORS = "UNREGISTERED") => void dead.set(target, error),
    refuseTokens: () => tokens.clear(),
  });
  return double;
}

/** A google.rpc.Status, with an FcmError where `code` is given. */
export function refusal(status: number, canonical: string, message: string, code?: string): Answer {
  const type = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
  const details = code === undefined ? [] : [{ "@type": type, errorCode: code }];
  return { status, body: { error: { code: status, message, status: canonical, details } } };
}

function checkMessage(body: unknown): FcmMessage {
  const { message: value } = fieldsOf(body, "the body", ["message", "validate_only"]);
  const message = fieldsOf(value, "message", ["token", "fid", "notification", "data", "android", "apns"]);
  must("token" in message !== "fid" in message, "one of token and fid");
  text(message["token"] ?? message["fid"], "the target", 4_096);
  let bytes = 0;
  const count = (fields: Record<string, unknown>, name: string) => {
    for (const [key, entry] of Object.entries(fields)) {
      must(typeof entry === "string", `${name}.${key} must be text`);
      bytes += Buffer.byteLength(key) + Buffer.byteLength(entry);
    }
  };
  if ("notification" in message) {
    count(fieldsOf(message["notification"], "notification", ["title", "body", "image"]), "notification");
  }
  if ("data" in message) {
    const data = fieldsOf(message["data"], "data", Object.keys(message["data"] as object));
    for (const key of Object.keys(data)) must(!RESERVED.test(key), `data.${key} is reserved`);
    count(data, "data");
  }
  must(bytes <= MAX_PAYLOAD_BYTES, `a payload of ${bytes} bytes`);
  if ("android" in message) checkAndroid(message["android"]);
  if ("apns" in message) {
    const apns = fieldsOf(message["apns"], "apns", ["headers", "payload"]);
    const headers = fieldsOf(apns["headers"] ?? {}, "apns.headers", ["apns-push-type", "apns-priority"]);
    const background = headers["apns-push-type"] === "background";
    must(!background || headers["apns-priority"] === "5", "a background push of another priority than 5");
    fieldsOf(apns["payload"], "apns.payload", ["aps"]);
  }
  return message as FcmMessage;
}

function checkAndroid(value: unknown): void {
  const android = fieldsOf(value, "android", ["collapse_key", "priority", "ttl"]);
  if ("priority" in android) must(["high", "normal"].includes(text(android["priority"], "priority", 6)), "priority");
  if ("collapse_key" in android) text(android["collapse_key"], "android.collapse_key", 256);
  if ("ttl" in android) {
    const seconds = /^(\d+)(\.\d{1,9})?s$/.exec(String(android["ttl"]))?.[1];
    must(seconds !== undefined && Number(seconds) <= 4 * 7 * 86_400, "android.ttl");
  }
}
