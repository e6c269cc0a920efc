/** What a push tells of a message's kind. */

/**
 * The type of a stamped message, without the opening brace, where it has one. Parses all of it: not for every message, only
 * for one that somebody is pushed or woken for.
 */
export function messageType(tail: string): number | undefined {
  const { type } = JSON.parse(`{${tail}`) as { type?: number | null };
  return type ?? undefined;
}
