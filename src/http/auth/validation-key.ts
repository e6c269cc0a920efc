/** Makes and verifies validation_keys. That each opens one connection only is enforced by the node, by their id. */
import {
  formatValidationToken,
  packValidationHead,
  parseValidationToken,
  SESSION_DIGEST_BYTES,
  VALIDATION_ID_BYTES,
  type ValidationBinding,
  validationSignedText,
} from "../../domain/auth/validation-token.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { constantTimeEqual } from "./constant-time.ts";
import { hmac, hmacMatches } from "./hmac.ts";
import { encodeUtf8 } from "./utf8.ts";

/**
 * Mints a key with the first secret that lives LIMITS.validationKeyTtlMs, bound to the session if there is one; `now` and
 * `expiresAt` are in ms. 76 characters, or 98 with a session, all of which may stand in a URL unquoted. Throws where there
 * is no secret.
 */
export async function mintValidationKey(
  binding: ValidationBinding,
  secrets: readonly string[],
  now: number,
): Promise<{ key: string; expiresAt: number }> {
  const [secret] = secrets;
  if (secret === undefined) throw new Error("no secret to sign with");
  const expiresAt = Math.floor(now) + LIMITS.validationKeyTtlMs;
  const session = binding.sessionId === undefined ? undefined : await digest(binding.sessionId);
  const head = packValidationHead(crypto.getRandomValues(new Uint8Array(VALIDATION_ID_BYTES)), expiresAt, session);
  const mac = await hmac("SHA-256", secret, validationSignedText(head, binding));
  return { key: formatValidationToken(head, mac), expiresAt };
}

/**
 * Verifies a key against what it is used for. INVALID where it was not signed by us for this node and gateway, or was
 * made for another session than the one that is named, if any is: the original's clients do not repeat it. EXPIRED from
 * `expiresAt` on, without allowance for skew, as the edge's own clock made it. The answer's id is good for one use, and
 * must be remembered until expiresAt.
 */
export async function verifyValidationKey(
  key: string,
  binding: ValidationBinding,
  secrets: readonly string[],
  now: number,
): Promise<
  { ok: true; id: string; expiresAt: number } | { ok: false; code: "VALIDATION_KEY_INVALID" | "VALIDATION_KEY_EXPIRED" }
> {
  const token = parseValidationToken(key);
  if (token === null) return { ok: false, code: "VALIDATION_KEY_INVALID" };
  const signed = validationSignedText(token.head, binding);
  if (!(await hmacMatches("SHA-256", secrets, signed, token.mac))) return { ok: false, code: "VALIDATION_KEY_INVALID" };
  if (token.session !== undefined && binding.sessionId !== undefined) {
    if (!constantTimeEqual(await digest(binding.sessionId), token.session))
      return { ok: false, code: "VALIDATION_KEY_INVALID" };
  }
  if (now >= token.expiresAt) return { ok: false, code: "VALIDATION_KEY_EXPIRED" };
  return { ok: true, id: token.id, expiresAt: token.expiresAt };
}

async function digest(sessionId: string): Promise<Uint8Array> {
  const sha256 = await crypto.subtle.digest("SHA-256", encodeUtf8(sessionId));
  return new Uint8Array(sha256, 0, SESSION_DIGEST_BYTES);
}
