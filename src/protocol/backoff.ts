/** How long to wait before a failed call or a broken connection is tried again: the same for the edge and for clients. */

/**
 * Full-jitter exponential backoff: a random time between 0 and min(cap, base · 2^attempt), in ms.
 * `attempt` counts from 0; `random` is in [0, 1).
 * Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 */
export function fullJitter(attempt: number, baseMs: number, capMs: number, random: number): number {
  return random * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}
