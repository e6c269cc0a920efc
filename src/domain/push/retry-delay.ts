/** When a push that a service did not take is tried again. */

const BASE_MS = 1_000;
const CAP_MS = 300_000;
/**
 * Slow growth, since what is late is of less use: after an outage of two minutes the next try comes within 40 s, and the 100
 * tries that the queue allows reach on for three to six hours.
 */
const FACTOR = 1.25;

/**
 * Exponential backoff with jitter (between half and all of the step), ms. `attempts` counts the tries so far, from 1;
 * `random` is in [0, 1). What the service asks for counts where it is more, up to the cap.
 */
export function retryDelayMs(attempts: number, random: number, retryAfterMs = 0): number {
  const step = Math.min(CAP_MS, BASE_MS * FACTOR ** Math.min(attempts, 100));
  return Math.max(step * (0.5 + random / 2), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}

/** What a service asks for is followed up to here, ms. */
const MAX_RETRY_AFTER_MS = 3_600_000;
