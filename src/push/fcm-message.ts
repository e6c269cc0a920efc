/** What FCM is asked to send: the Message of its HTTP v1 API (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages). */
import type { Push } from "../domain/push/push.ts";
import type { FcmTarget } from "../domain/push/target.ts";
import { LIMITS } from "../protocol/limits.ts";
import { utf8Length } from "../protocol/utf8.ts";
import { fitText } from "./fit-text.ts";

/** FCM counts keys and values; we count all that is sent but for the target, which is more. */
export const MAX_FCM_BYTES = 4_096;
/** FCM keeps a message for four weeks at most. */
const MAX_TTL_MS = 28 * 24 * 3_600_000;
/** The original Allspark's number for "a message waits". */
const NOTIFICATION_TYPE = "101";
/** Words that FCM keeps for itself: from, message_type, gcm, and what starts with google or gcm. */
const RESERVED = /^(from$|message_type$|gcm$|gcm\.|google)/;
/** Ours, the first three as in the original Allspark. */
const OWN_KEYS = new Set([
  "message",
  "payload1",
  "notification_type",
  "node_id",
  "from_seq",
  "type",
  "session_id",
  "session_seq",
]);

/** The JSON of the request; `collapseKey` is the node's. The push's body is shortened where the whole would not fit. */
export function fcmMessage(target: FcmTarget, push: Push, collapseKey: string, now: number): string {
  const message = (body: string | undefined, to = {}) =>
    JSON.stringify({
      message: {
        ...to,
        ...(!push.silent && { notification: { title: push.title.toWellFormed(), ...(body && { body }) } }),
        data: dataOf(push),
        android: { priority: "high", collapse_key: collapseKey, ttl: `${ttlSeconds(push.at, now)}s` },
        // An Apple device is woken without a word only by a background push, which must have this priority.
        ...(push.silent && {
          apns: {
            headers: { "apns-push-type": "background", "apns-priority": "5" },
            payload: { aps: { "content-available": 1 } },
          },
        }),
      },
    });
  const fits = (body: string) => utf8Length(message(body)) <= MAX_FCM_BYTES;
  const body = push.body && fitText(push.body.toWellFormed(), fits);
  return message(body, "fid" in target ? { fid: target.fid } : { token: target.token });
}

/**
 * FCM takes nothing but text here. What the sender gives under our names is dropped even where ours is absent: an app
 * must not take it for the edge's word on who has sent something.
 */
function dataOf(push: Push): Record<string, string> {
  const sender = Object.entries(push.data ?? {})
    .filter(([key]) => !RESERVED.test(key) && !OWN_KEYS.has(key))
    .map(([key, value]) => [key.toWellFormed(), value.toWellFormed()]);
  return {
    ...(Object.fromEntries(sender) as Record<string, string>),
    message: push.title.toWellFormed(),
    notification_type: NOTIFICATION_TYPE,
    ...(push.srcId !== undefined && { payload1: push.srcId }),
    node_id: push.nodeId,
    from_seq: String(push.fromSeq),
    ...(push.type !== undefined && { type: String(push.type) }),
    ...(push.sessionId !== undefined && { session_id: push.sessionId }),
    ...(push.sessionSeq !== undefined && { session_seq: String(push.sessionSeq) }),
  };
}

function ttlSeconds(storedAt: number, now: number): number {
  // A push is of no use longer than its message, which the inbox keeps for so long.
  return Math.floor(Math.max(Math.min(storedAt + LIMITS.inboxTtlMs - now, MAX_TTL_MS), 0) / 1_000);
}
