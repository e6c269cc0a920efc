/** Whether and when to come back after a connection failed: a pure decision by close code and error (PROTOCOL §5). */
import { fullJitter } from "../protocol/backoff.ts";
import { type AllsparkError, ConnectionError, RefusedError } from "./errors.ts";
import type { Settings } from "./options.ts";
import { CLOSED_FOR_RATE } from "./wire-types.ts";

export interface Circumstances extends Pick<Settings, "canRenewKey" | "reconnectBaseMs" | "reconnectCapMs"> {
  /** Attempts that failed before, since the last connection that lasted. */
  attempt: number;
  /** Keys that were refused in a row before this. */
  refusedKeys: number;
  /** In [0, 1). */
  random: number;
}

/** A flood is not mended by coming straight back. */
const RATE_LIMITED_MS = 10_000;
/** Whoever asks for more patience than that is not believed. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** A key function that gives bad keys for so long will not give a good one. */
const KEY_ATTEMPTS = 3;

/** The delay before the next attempt, ms; undefined where there should be none. */
export function comeBackAfter(error: AllsparkError, now: Circumstances): number | undefined {
  const isHopeful = isKeyRefused(error) ? now.canRenewKey && now.refusedKeys < KEY_ATTEMPTS : error.temporary;
  if (!isHopeful) return undefined;
  const isRateLimited = error instanceof ConnectionError && error.closeCode === CLOSED_FOR_RATE;
  const leastMs = isRateLimited ? RATE_LIMITED_MS : Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  return leastMs + fullJitter(now.attempt, now.reconnectBaseMs, now.reconnectCapMs, now.random);
}

/** May the same client come back after this close code? Not by itself after 40xx; after 44xx it would send the same again. */
export function isTemporary(closeCode: number): boolean {
  const range = Math.floor(closeCode / 100);
  return (range !== 40 && range !== 44) || closeCode === CLOSED_FOR_RATE;
}

export function isKeyRefused(error: AllsparkError): boolean {
  return error instanceof RefusedError && error.status === 401;
}
