/** Which of the three forms an auth_key has, by its shape alone (PROTOCOL §1). */

export type AuthKeyForm = "jwt" | "v2" | "v1";

/** Longest auth_key taken, in characters: room for an RS256 JWT with many claims, and for no more work than that. */
export const MAX_AUTH_KEY_CHARS = 8_192;

/**
 * Undoes what transports do to keys and tells the form. The original's clients quote keys for URLs,
 * sometimes twice, so a `%` (which no form contains) is undone once more; and a `+` of base64 that a form decoder took
 * for a space becomes a `+` again. Null where this can be no key.
 */
export function recognizeAuthKey(raw: string): { form: AuthKeyForm; key: string } | null {
  if (raw.length > MAX_AUTH_KEY_CHARS) return null;
  let key = raw;
  if (raw.includes("%")) {
    try {
      key = decodeURIComponent(raw);
    } catch {
      return null;
    }
  }
  if (key.includes("|")) {
    key = key.replaceAll(" ", "+");
    // Base64 of v1 has a multiple of four characters, so a v1 key never starts with "2|".
    return { form: key.startsWith("2|") ? "v2" : "v1", key };
  }
  return key.includes(".") ? { form: "jwt", key } : null;
}
