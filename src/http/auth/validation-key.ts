/** Makes and verifies validation_keys. That each opens one connection only is enforced by the node, by their id. */
import {
  formatValidationToken,
  packValidationHead,
  parseValidationToken,
  VALIDATION_ID_BYTES,
  type ValidationBinding,
  validationSignedText,
} from "../../domain/auth/validation-token.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { hmac, hmacMatches } from "./hmac.ts";

/**
 * Mints a key with the first secret that lives LIMITS.validationKeyTtlMs; `now` and `expiresAt` are in ms. 76 characters,
 * all of which may stand in a URL unquoted. Throws where there is no secret.
 */
export async function mintValidationKey(
  binding: ValidationBinding,
  secrets: readonly string[],
  now: number,
): Promise<{ key: string; expiresAt: number }> {
  const [secret] = secrets;
  if (secret === undefined) throw new Error("no secret to sign with");
  const expiresAt = Math.floor(now) + LIMITS.validationKeyTtlMs;
  const bound = binding.sessionId !== undefined;
  const head = packValidationHead(crypto.getRandomValues(new Uint8Array(VALIDATION_ID_BYTES)), expiresAt, bound);
  const mac = await hmac("SHA-256", secret, validationSignedText(head, bound, binding));
  return { key: formatValidationToken(head, mac), expiresAt };
}

/**
 * Verifies a key against what it is used for. INVALID where it was not signed by us for this node and gateway, or was
 * made for another session; EXPIRED from `expiresAt` on, without allowance for skew, as the edge's own clock made it.
 * The answer's id is good for one use, and must be remembered until expiresAt.
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
  const signed = validationSignedText(token.head, token.bound, binding);
  if (!(await hmacMatches("SHA-256", secrets, signed, token.mac))) return { ok: false, code: "VALIDATION_KEY_INVALID" };
  if (now >= token.expiresAt) return { ok: false, code: "VALIDATION_KEY_EXPIRED" };
  return { ok: true, id: token.id, expiresAt: token.expiresAt };
}
