/**
 * Signed values: the layout and age rules of Tornado's version 2 and of the original Allspark key (v1). Whoever calls
 * this computes and compares the HMACs; nothing here is proven until they match.
 */
import { LIMITS } from "../../protocol/limits.ts";

/** The name under which Allspark keys are signed; other signed values of the same secret have other names. */
export const SIGNED_VALUE_NAME = "user_key";

/** Tornado's default max_age_days. */
export const V2_MAX_AGE_MS = 31 * 86_400_000;

export interface SignedValue {
  /** What the HMAC is over. */
  signed: string;
  /** HMAC as lowercase hex, as the key states it. */
  signature: string;
  /** The value, still base64. */
  value: string;
  /** When it was signed, in ms. */
  issuedAt: number;
}

/** The text that a v1 HMAC-SHA1 is over; the parts have no delimiter between them. */
export function v1SignedText(value: string, seconds: string): string {
  return SIGNED_VALUE_NAME + value + seconds;
}

/** The text that a v2 HMAC-SHA256 is over, with key version 0; the key is this text and the signature. */
export function v2SignedText(value: string, seconds: string): string {
  const field = (text: string): string => `${text.length}:${text}`;
  return ["2", field("0"), field(seconds), field(SIGNED_VALUE_NAME), field(value), ""].join("|");
}

/**
 * Takes a v1 key apart: base64(value) | unix seconds | hex HMAC-SHA1. Since nothing delimits value and seconds in what
 * is signed, digits could be shifted from one to the other; seconds of exactly ten digits, the first not 0
 * (2001 to 2286), leave no such shift. The original refused only a leading 0.
 */
export function parseV1(key: string): SignedValue | null {
  const match = /^([A-Za-z0-9+/]+={0,2})\|([1-9][0-9]{9})\|([0-9a-f]{40})$/.exec(key);
  if (match === null) return null;
  const [, value = "", seconds = "", signature = ""] = match;
  return { signed: v1SignedText(value, seconds), signature, value, issuedAt: Number(seconds) * 1000 };
}

/**
 * Takes a v2 key apart: `2|` then key version, seconds, name and value, each as `length:text|`, then hex HMAC-SHA256.
 * Numbers are decimal without leading zeros. Any key version is taken: the signature says which secret signed.
 */
export function parseV2(key: string): SignedValue | null {
  const fields: string[] = [];
  let at = 2;
  while (fields.length < 4) {
    const colon = key.indexOf(":", at);
    const length = colon < 0 ? "" : key.slice(at, colon);
    if (!/^(?:0|[1-9][0-9]{0,4})$/.test(length)) return null;
    const end = colon + 1 + Number(length);
    if (key.charAt(end) !== "|") return null;
    fields.push(key.slice(colon + 1, end));
    at = end + 1;
  }
  const [keyVersion = "", seconds = "", name, value = ""] = fields;
  const signature = key.slice(at);
  if (!key.startsWith("2|") || !/^[0-9a-f]{64}$/.test(signature) || name !== SIGNED_VALUE_NAME) return null;
  if (!/^(?:0|[1-9][0-9]{0,9})$/.test(keyVersion) || !/^[1-9][0-9]{0,11}$/.test(seconds)) return null;
  return { signed: key.slice(0, at), signature, value, issuedAt: Number(seconds) * 1000 };
}

/** From when and until when (ms, inclusive) a key of this form is good; the original's v1 keys never expired. */
export function signedValueWindow(form: "v1" | "v2", issuedAt: number): { notBefore: number; notAfter: number } {
  return {
    notBefore: issuedAt - LIMITS.clockSkewMs,
    notAfter: form === "v2" ? issuedAt + V2_MAX_AGE_MS : Number.POSITIVE_INFINITY,
  };
}
