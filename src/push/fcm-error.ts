/**
 * What FCM's refusals mean: a google.rpc.Status, with an FcmError among its details where the reason is FCM's own
 * (firebase.google.com/docs/cloud-messaging/error-codes).
 */
import type { Answer } from "./authorized-call.ts";
import type { PushOutcome } from "./provider.ts";
import { retryAfterMs } from "./retry-after.ts";

/** What FCM wants at least after QUOTA_EXCEEDED where it names no time. */
const QUOTA_WAIT_MS = 60_000;

interface Reason {
  /** Of the HTTP answer's Status: NOT_FOUND, … */
  status?: string;
  /** Of its FcmError: UNREGISTERED, … */
  code?: string;
  /** Are request fields named as wrong? */
  badRequest: boolean;
  message: string;
}

/** 401 says that the access token is no good, unless it is the app's own APNs or Web Push key that is. */
export function refusesToken({ status, text }: Answer): boolean {
  return status === 401 && readReason(text).code !== "THIRD_PARTY_AUTH_ERROR";
}

/** The outcome of any answer but 200. */
export function fcmFailure({ status, headers, text }: Answer, now: number): PushOutcome {
  const reason = readReason(text);
  const why = ["FCM answered", status, reason.code ?? reason.status].filter(Boolean).join(" ");
  if (reason.code === "UNREGISTERED" || reason.code === "SENDER_ID_MISMATCH" || isBadToken(reason)) {
    return { result: "dead", why };
  }
  const quota = reason.code === "QUOTA_EXCEEDED" || status === 429;
  if (quota || status >= 500 || status === 408 || reason.code === "UNAVAILABLE" || reason.code === "INTERNAL") {
    const wait = retryAfterMs(headers, now) ?? (quota ? QUOTA_WAIT_MS : undefined);
    return { result: "later", why, ...(wait !== undefined && { retryAfterMs: wait }) };
  }
  return { result: "failed", why };
}

/**
 * INVALID_ARGUMENT is said of the token and of the message alike. FCM documents the former as an FcmError without a
 * BadRequest, with these words; anything else must not cost a node its target.
 */
function isBadToken({ code, badRequest, message }: Reason): boolean {
  return code === "INVALID_ARGUMENT" && !badRequest && /not a valid FCM registration token/i.test(message);
}

function readReason(text: string): Reason {
  const { error } = parse(text) as { error?: { status?: unknown; message?: unknown; details?: unknown } };
  const details = (Array.isArray(error?.details) ? error.details : []) as ({ [name: string]: unknown } | null)[];
  const ofType = (name: string) => details.find((detail) => String(detail?.["@type"]).endsWith(`/${name}`));
  return {
    status: word(error?.status),
    code: word(ofType("google.firebase.fcm.v1.FcmError")?.["errorCode"]),
    badRequest: ofType("google.rpc.BadRequest") !== undefined,
    message: typeof error?.message === "string" ? error.message : "",
  };
}

/** Codes go into logs; nothing else of an answer does. */
function word(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Z_]{1,40}$/.test(value) ? value : undefined;
}

function parse(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
