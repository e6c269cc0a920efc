/** What a webhook's calls are signed with (Standard Webhooks, "Signature scheme"). */
import { decodeBase64 } from "../auth/base64.ts";

const PREFIX = "whsec_";
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** What a secret must be, in words. */
export const SECRET_FORM = `${PREFIX} and the base64, padded, of ${MIN_BYTES} to ${MAX_BYTES} bytes`;

/** The key that a secret stands for, null where it is none. */
export function secretBytes(secret: string): Uint8Array<ArrayBuffer> | null {
  if (!secret.startsWith(PREFIX)) return null;
  const bytes = decodeBase64(secret.slice(PREFIX.length), "base64");
  return bytes !== null && bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES ? bytes : null;
}
