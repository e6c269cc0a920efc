/**
 * Canonical base64 and base64url (RFC 4648). Decoding takes exactly one spelling of every byte string: no whitespace,
 * no missing or extra padding, no stray bits in the last character. Otherwise one signed key would have several texts,
 * which single use and caches by text would take for different keys.
 */

export type Base64Variant = "base64" | "base64url";

const COMMON = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ALPHABETS: Record<Base64Variant, string> = { base64: `${COMMON}+/`, base64url: `${COMMON}-_` };
const VALUES: Record<Base64Variant, Map<string, number>> = {
  base64: new Map([...ALPHABETS.base64].map((char, value) => [char, value])),
  base64url: new Map([...ALPHABETS.base64url].map((char, value) => [char, value])),
};

/** Encodes with padding for "base64" (RFC 4648 §4) and without for "base64url" (§5, as RFC 7515 uses it). */
export function encodeBase64(bytes: Uint8Array, variant: Base64Variant): string {
  const alphabet = ALPHABETS[variant];
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += alphabet.charAt(group >> 18) + alphabet.charAt((group >> 12) & 63);
    if (left > 1) text += alphabet.charAt((group >> 6) & 63);
    if (left > 2) text += alphabet.charAt(group & 63);
  }
  return variant === "base64" ? text.padEnd(Math.ceil(bytes.length / 3) * 4, "=") : text;
}

/** The bytes of a canonical text, null for any other text. The empty text is no bytes. */
export function decodeBase64(text: string, variant: Base64Variant): Uint8Array<ArrayBuffer> | null {
  let chars = text.length;
  if (variant === "base64") {
    if (chars % 4 !== 0) return null;
    if (text.endsWith("==")) chars -= 2;
    else if (text.endsWith("=")) chars -= 1;
  }
  if (chars % 4 === 1) return null;
  const values = VALUES[variant];
  const bytes = new Uint8Array(Math.floor((chars * 6) / 8));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < chars; i++) {
    const value = values.get(text.charAt(i));
    if (value === undefined) return null;
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (buffer >> bits) & 0xff;
    }
  }
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : null;
}
