/** When a service says that it may be tried again. */

/** Nothing is put off for longer: a push is of use while its message is new. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * The wait that a Retry-After header asks for (RFC 9110 §10.2.3: seconds, or a date), in ms and at most
 * MAX_RETRY_AFTER_MS; a date that has passed is 0. Undefined without a header, or one that cannot be read.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1_000, MAX_RETRY_AFTER_MS);
  // A date starts with the name of its day; Date.parse alone would take "1.5" for a month.
  const at = /^[A-Z][a-z]+,? /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at - now, 0), MAX_RETRY_AFTER_MS);
}
