/** Whether and when to come back after a connection failed: a pure decision by close code and error (PROTOCOL §5). */
import { fullJitter } from "../protocol/backoff.ts";
import { type ConnectionError, RefusedError } from "./errors.ts";

export interface Circumstances {
  /** Attempts that failed before, since the last connection that lasted. */
  attempt: number;
  canRenewKey: boolean;
  baseMs: number;
  capMs: number;
  /** In [0, 1). */
  random: number;
}

/** A flood is not mended by coming straight back. */
const RATE_LIMITED_MS = 10_000;
/** A key function that gives bad keys for so long will not give a good one. */
const KEY_ATTEMPTS = 3;

/** The delay before the next attempt, ms; undefined where there should be none. */
export function comeBackAfter(error: ConnectionError, now: Circumstances): number | undefined {
  const { attempt, baseMs, capMs, random } = now;
  const jitter = fullJitter(attempt, baseMs, capMs, random);
  const code = error.closeCode ?? 0;
  if (code >= 4000 && code <= 4099) return undefined;
  if (code === 4429) return RATE_LIMITED_MS + jitter;
  // What this client sends is wrong, and it would send the same again.
  if (code >= 4400 && code <= 4499) return undefined;
  const { cause } = error;
  if (cause instanceof RefusedError) {
    // A fresh key was asked for already, so only another one than that can help.
    if (cause.status === 401) return now.canRenewKey && attempt < KEY_ATTEMPTS ? jitter : undefined;
    if (cause.retryAfterMs !== undefined) return cause.retryAfterMs + jitter;
  }
  return error.temporary ? jitter : undefined;
}
