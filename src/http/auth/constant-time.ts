/** Comparison whose time does not tell how much of a guess was right. */

/** workerd's own; Node and browsers have none in WebCrypto. */
type MaybeTimingSafe = SubtleCrypto & { timingSafeEqual?: (a: Uint8Array, b: Uint8Array) => boolean };

/** Are these the same bytes? Takes a time that depends on their lengths only; lengths are not secret. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const subtle = crypto.subtle as MaybeTimingSafe;
  if (subtle.timingSafeEqual) return subtle.timingSafeEqual(a, b);
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
