/** What may be told of a target: enough to know it again, and nothing by which it could be called. */
import type { PushTarget } from "./target.ts";

/** `id` names it among its node's. */
export type PublicTarget = { id: string } & (
  | { kind: "fcm"; token_end: string }
  | { kind: "fcm"; fid: string }
  | { kind: "apns"; token_end: string; topic: string; environment: "production" | "sandbox" }
  | { kind: "webpush" | "webhook"; origin: string }
);

/** Of the hundred and more characters of a token. */
const END_CHARS = 6;

/** A target with its `id`, without token, keys and secret; of URLs the origin, since their paths are secrets too. */
export function publicTarget(target: PushTarget, id: string): PublicTarget {
  switch (target.kind) {
    case "fcm":
      return "fid" in target ? { id, kind: "fcm", fid: target.fid } : { id, kind: "fcm", token_end: end(target.token) };
    case "apns": {
      const { kind, token, topic, environment } = target;
      return { id, kind, token_end: end(token), topic, environment };
    }
    case "webpush":
      return { id, kind: "webpush", origin: origin(target.endpoint) };
    case "webhook":
      return { id, kind: "webhook", origin: origin(target.url) };
  }
}

/** A short token could be told in full by its end, and one that short is no real one. */
function end(token: string): string {
  return token.length > 4 * END_CHARS ? token.slice(-END_CHARS) : "";
}

/** Targets hold URLs as the parser wrote them, without user info. */
function origin(href: string): string {
  return /^[a-z]+:\/\/[^/?#]*/.exec(href)?.[0] ?? "";
}
