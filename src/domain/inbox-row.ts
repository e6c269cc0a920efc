/**
 * The text of one inbox row: a line a message, `seq TAB expiresAt TAB tail`. Lines rather than JSON,
 * so that the message text is neither escaped nor parsed on its way in and out; a tail never holds a
 * line break (json-slices.ts sees to that). What a message says of its push follows expiresAt after a space, as JSON.
 */
import type { PushHint } from "../protocol/push-hint.ts";

/** A message in the inbox: its JSON text without the opening brace, and when it runs out (ms, 0 for never). */
export interface StoredMessage {
  seq: number;
  expiresAt: number;
  tail: string;
  push?: PushHint;
}

export function encodeRow(messages: readonly StoredMessage[]): string {
  return messages.map(encode).join("\n");
}

function encode({ seq, expiresAt, tail, push }: StoredMessage): string {
  return `${seq}\t${expiresAt}${push === undefined ? "" : ` ${JSON.stringify(push)}`}\t${tail}`;
}

export function decodeRow(text: string): StoredMessage[] {
  return text.split("\n").map((line) => {
    const first = line.indexOf("\t");
    const second = line.indexOf("\t", first + 1);
    const seq = Number(line.slice(0, first));
    const tail = line.slice(second + 1);
    const terms = line.slice(first + 1, second);
    const space = terms.indexOf(" ");
    if (space < 0) return { seq, expiresAt: Number(terms), tail };
    const push = JSON.parse(terms.slice(space + 1)) as PushHint;
    return { seq, expiresAt: Number(terms.slice(0, space)), tail, push };
  });
}

/**
 * Cuts messages into rows of at most `maxMessages` and `maxBytes` (a larger message gets a row of its
 * own). A row also ends where the seq jumps: another row may hold the numbers in between.
 */
export function cutRows(
  messages: readonly StoredMessage[],
  limits: { maxMessages: number; maxBytes: number },
): StoredMessage[][] {
  const rows: StoredMessage[][] = [];
  let row: StoredMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = message.tail.length;
    const full = row.length === limits.maxMessages || bytes + size > limits.maxBytes;
    const jump = row.length > 0 && row.at(-1)!.seq + 1 !== message.seq;
    if (row.length > 0 && (full || jump)) {
      rows.push(row);
      row = [];
      bytes = 0;
    }
    row.push(message);
    bytes += size;
  }
  if (row.length > 0) rows.push(row);
  return rows;
}
