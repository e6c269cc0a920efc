/**
 * A browser and its push service in one (RFC 8030, 8291, 8292): hands out subscriptions, checks every push as a service
 * does, and reads it as the browser would, by an implementation of others.
 */
import { createECDH, randomBytes, randomUUID } from "node:crypto";
import ece from "http_ece";
import { json, must } from "./check.ts";
import { type Answer, type Call, type Double, startDouble } from "./double.ts";
import { verifyVapid } from "./verify-vapid.ts";

const MAX_BODY_BYTES = 4_096;
const DAY_S = 24 * 3_600;
const URGENCIES = ["very-low", "low", "normal", "high"];

/** What `PushSubscription.toJSON()` gives. */
export interface Subscription {
  endpoint: string;
  expirationTime: null;
  keys: { p256dh: string; auth: string };
}

/** A push that was taken, as the service worker gets it, and what the service was told beside. */
export interface WebPush {
  endpoint: string;
  payload: Record<string, unknown>;
  ttl: number;
  urgency: string;
  topic: string | undefined;
  /** Of the encrypted body. */
  bytes: number;
}

export interface WebPushDouble extends Double {
  /** What was taken, in order. */
  pushes: WebPush[];
  /** The application server's keys, which subscriptions are bound to. */
  vapid: { publicKey: string; privateKey: string; subject: string };
  /** The variables of an edge that is to use this double. */
  settings(): Record<string, string>;
  subscribe(applicationServerKey?: string): Subscription;
  /** The subscription is gone: it answers 410 from now on. */
  unsubscribe(subscription: Subscription): void;
}

export async function startWebPushDouble(port = 0): Promise<WebPushDouble> {
  const subscribers = new Map<string, (call: Call) => WebPush>();
  const gone = new Set<string>();
  const pushes: WebPush[] = [];

  const double = await startDouble((call): Answer => {
    must(call.method === "POST", "a push is a POST");
    if (gone.has(call.path)) return { status: 410 };
    const take = subscribers.get(call.path);
    if (take === undefined) return { status: 404 };
    pushes.push(take(call));
    return { status: 201, headers: { location: `${double.url}/messages/${randomUUID()}` } };
  }, port);

  const own = createECDH("prime256v1");
  const publicKey = own.generateKeys().toString("base64url");
  // A scalar may begin with zeros, which Node leaves out.
  const privateKey = Buffer.concat([Buffer.alloc(32), own.getPrivateKey()])
    .subarray(-32)
    .toString("base64url");
  const vapid = { publicKey, privateKey, subject: "mailto:operator@example.com" };

  return Object.assign(double, {
    pushes,
    vapid,
    settings: () => ({
      ALLSPARK_PUSH_VAPID_PUBLIC_KEY: vapid.publicKey,
      ALLSPARK_PUSH_VAPID_PRIVATE_KEY: vapid.privateKey,
      ALLSPARK_PUSH_VAPID_SUBJECT: vapid.subject,
      ALLSPARK_PUSH_ALLOW_PRIVATE: "true",
    }),
    subscribe: (applicationServerKey = vapid.publicKey): Subscription => {
      const path = `/push/${randomUUID()}`;
      const endpoint = double.url + path;
      const keys = createECDH("prime256v1");
      const p256dh = keys.generateKeys().toString("base64url");
      const auth = randomBytes(16).toString("base64url");
      subscribers.set(path, (call) => {
        checkVapid(call, double.url, applicationServerKey);
        const body = ece.decrypt(checkBody(call), { version: "aes128gcm", privateKey: keys, authSecret: auth });
        return { endpoint, payload: json(body) as Record<string, unknown>, ...readHeaders(call) };
      });
      return { endpoint, expirationTime: null, keys: { p256dh, auth } };
    },
    unsubscribe: ({ endpoint }: Subscription) => void gone.add(new URL(endpoint).pathname),
  });
}

function checkVapid({ headers, at }: Call, origin: string, applicationServerKey: string): void {
  const { claims, key } = verifyVapid(headers.authorization ?? "");
  must(key === applicationServerKey, "k is not the key that was subscribed with");
  must(claims.aud === origin, `aud is ${claims.aud}, not ${origin}`);
  const left = claims.exp - at / 1_000;
  must(left > 0 && left <= DAY_S, `exp is ${left} s from now`);
  must(/^(mailto:|https:)/.test(claims.sub ?? ""), `sub is ${claims.sub}`);
}

/** One record whose header is as RFC 8291 §4 wants it. */
function checkBody({ headers, body }: Call): Buffer {
  must(headers["content-encoding"] === "aes128gcm", `the content encoding is ${headers["content-encoding"]}`);
  must(body.length <= MAX_BODY_BYTES, `the body has ${body.length} bytes`);
  must(body[20] === 65, `the key id has ${body[20]} bytes`);
  const [recordSize, record] = [body.readUInt32BE(16), body.length - 86];
  must(recordSize >= record && recordSize >= 18, `a record of ${record} bytes is said to have ${recordSize}`);
  return body;
}

function readHeaders({ headers, body }: Call): Pick<WebPush, "ttl" | "urgency" | "topic" | "bytes"> {
  const one = (name: string): string | undefined => headers[name]?.toString();
  const { ttl = "", urgency = "normal", topic } = { ttl: one("ttl"), urgency: one("urgency"), topic: one("topic") };
  must(/^\d{1,10}$/.test(ttl), `TTL is ${ttl}`);
  must(URGENCIES.includes(urgency), `Urgency is ${urgency}`);
  must(topic === undefined || /^[\w-]{1,32}$/.test(topic), `Topic is ${topic}`);
  return { ttl: Number(ttl), urgency, topic, bytes: body.length };
}
