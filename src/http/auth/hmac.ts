/** HMAC (RFC 2104) by WebCrypto, over a list of secrets: the first signs, all verify. */
import { constantTimeEqual } from "./constant-time.ts";
import { encodeUtf8 } from "./utf8.ts";

export type HmacHash = "SHA-1" | "SHA-256";

/**
 * Imported keys by hash and secret; keys and not promises of them, which on Workers can die with the request that made
 * them. Only configured secrets get here; the bound is for a process that sees many configurations.
 */
const imported = new Map<string, CryptoKey>();
const MAX_IMPORTED = 64;

async function importSecret(hash: HmacHash, secret: string): Promise<CryptoKey> {
  const name = `${hash}:${secret}`;
  const known = imported.get(name);
  if (known !== undefined) return known;
  const key = await crypto.subtle.importKey("raw", encodeUtf8(secret), { name: "HMAC", hash }, false, ["sign"]);
  if (imported.size >= MAX_IMPORTED) imported.clear();
  imported.set(name, key);
  return key;
}

/** The HMAC of a text's UTF-8. */
export async function hmac(hash: HmacHash, secret: string, text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", await importSecret(hash, secret), encodeUtf8(text)));
}

/** Did any of the secrets make this HMAC? Tries all of them, and compares in constant time. */
export async function hmacMatches(
  hash: HmacHash,
  secrets: readonly string[],
  text: string,
  mac: Uint8Array,
): Promise<boolean> {
  let matches = false;
  for (const secret of secrets) {
    if (constantTimeEqual(await hmac(hash, secret, text), mac)) matches = true;
  }
  return matches;
}
