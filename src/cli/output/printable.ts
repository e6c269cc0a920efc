/** Text of others on a terminal: nothing in it may move the cursor, change colours or reverse the direction of writing. */

// C0, DEL, C1, line separators, and what overrides the direction of text.
// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const NAMED: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** On one line, with what a terminal would obey written out. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => NAMED[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A payload for people: text as it is, everything else as JSON. */
export function printablePayload(payload: unknown): string {
  if (typeof payload === "string") return printable(payload);
  return payload === undefined ? "(no payload)" : printable(JSON.stringify(payload));
}
