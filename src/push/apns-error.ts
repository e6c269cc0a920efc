/**
 * What APNs' refusals mean
 * (developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns).
 */
import type { Answer, AuthorizedResult } from "./authorized-call.ts";
import type { PushOutcome } from "./provider.ts";
import { retryAfterMs } from "./retry-after.ts";

/** Apple's word for its own errors: "After 15 minutes, you can retry". */
const SERVER_ERROR_WAIT_MS = 15 * 60_000;

/**
 * The token is bad, or not for this environment or this topic; Apple says not to try these again. Token, environment
 * and topic are the target's own, so none of them can get right without a new registration.
 */
const DEAD = new Set(["BadDeviceToken", "DeviceTokenNotForTopic", "Unregistered", "ExpiredToken"]);

/** The provider token is too old or does not verify. */
export function refusesToken({ status, text }: Answer): boolean {
  if (status !== 403) return false;
  const reason = readReason(text);
  return reason === "ExpiredProviderToken" || reason === "InvalidProviderToken";
}

/** The outcome of any answer but 200. */
export function apnsFailure(result: Extract<AuthorizedResult, { answer: Answer }>, now: number): PushOutcome {
  const { status, headers, text } = result.answer;
  const reason = readReason(text);
  const why = ["APNs answered", status, reason].filter(Boolean).join(" ");
  const later = (standardMs?: number): PushOutcome => {
    const wait = retryAfterMs(headers, now) ?? standardMs;
    return { result: "later", why, ...(wait !== undefined && { retryAfterMs: wait }) };
  };
  if (status === 410 || (reason !== undefined && DEAD.has(reason))) return { result: "dead", why };
  // A young token that has expired comes of clocks that differ: until another may be made, time mends it.
  if (result.refused && !result.fresh && reason === "ExpiredProviderToken") return later();
  if (status >= 500) return later(reason === undefined ? undefined : SERVER_ERROR_WAIT_MS);
  if (status === 429 || status === 408 || reason === "IdleTimeout") return later();
  return { result: "failed", why };
}

function readReason(text: string): string | undefined {
  try {
    const { reason } = JSON.parse(text) as { reason?: unknown };
    return typeof reason === "string" && /^[A-Za-z]{1,40}$/.test(reason) ? reason : undefined;
  } catch {
    return undefined;
  }
}
