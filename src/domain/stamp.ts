/**
 * The stamp of the edge on a message: who sent it and when. It stands first in the JSON text, in a
 * fixed order, so it can be read back without parsing the rest.
 */

export interface Stamp {
  srcId: string;
  srcClientId: string | undefined;
}

const SRC_ID = '"src_id":';
/** Within the strings before it every quote is escaped, so the first match is the stamp's own. */
const TIMESTAMP = ',"timestamp":';
const SESSION_SEQ = ',"session_seq":';

/** The part of the stamp that stays the same for a connection; ends so that the timestamp can follow. */
export function stampPrefix({ srcId, srcClientId }: Stamp): string {
  const client = srcClientId === undefined ? "" : `"src_client_id":${JSON.stringify(srcClientId)},`;
  return `${SRC_ID}${JSON.stringify(srcId)},${client}"timestamp":`;
}

/**
 * A sender's message (the text of a JSON object) with its stamp in front, without the opening brace;
 * `timestamp` in ms.
 */
export function stamped(prefix: string, timestamp: number, text: string): string {
  const rest = text.slice(1);
  return rest.trimStart() === "}" ? `${prefix}${timestamp}}` : `${prefix}${timestamp},${rest}`;
}

/** Who sent a stamped message. */
export function stampedSource(tail: string): string {
  let end = tail.indexOf('"', SRC_ID.length + 1);
  while (isEscaped(tail, end)) end = tail.indexOf('"', end + 1);
  return JSON.parse(tail.slice(SRC_ID.length, end + 1)) as string;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text[quote - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}

/** The source of everything that comes from sessions: each has an order of its own, and not only from sender to sender. */
export const SESSIONS = "\u0000sessions";

/**
 * Whose order a stamped message keeps at its recipient: its sender's, or SESSIONS where it carries a session_seq.
 */
export function orderOf(tail: string): string {
  const at = tail.indexOf(TIMESTAMP) + TIMESTAMP.length;
  let end = at;
  while (tail.charCodeAt(end) >= 0x30 && tail.charCodeAt(end) <= 0x39) end++;
  return tail.startsWith(SESSION_SEQ, end) ? SESSIONS : stampedSource(tail);
}

/** When the edge stamped a message, ms. */
export function stampedTimestamp(tail: string): number {
  const at = tail.indexOf(TIMESTAMP) + TIMESTAMP.length;
  return Number.parseInt(tail.slice(at, at + 16), 10);
}
