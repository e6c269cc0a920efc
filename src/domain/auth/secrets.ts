/** What makes a list of signing secrets usable. */

/** Shortest secret taken, in characters: at 16 random ones an HMAC is out of reach of guessing. */
export const MIN_SECRET_CHARS = 16;

/** What is wrong with ALLSPARK_SECRETS, as a sentence for operators that never quotes a secret; null if nothing is. */
export function checkSecrets(list: readonly string[]): string | null {
  if (list.length === 0) return "at least one secret is needed";
  const short = list.findIndex((secret) => secret.length < MIN_SECRET_CHARS);
  if (short < 0) return null;
  return `secret ${short + 1} of ${list.length} is shorter than ${MIN_SECRET_CHARS} characters`;
}
