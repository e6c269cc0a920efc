/**
 * The text of one row of a session's log: lines, `entry TAB tail`, rather than JSON as a whole: JSON in JSON is escaped
 * and up to twice as long, so that a large message would not fit into a row of storage. A tail never holds a line break
 * (json-slices.ts sees to that).
 */
import type { LogEntry } from "./session-log.ts";

export function encodeLogRow(row: readonly LogEntry[]): string {
  return row.map(({ tail, ...entry }) => `${JSON.stringify(entry)}\t${tail}`).join("\n");
}

export function decodeLogRow({ messages }: { messages: string }): LogEntry[] {
  return messages.split("\n").map((line) => {
    const end = line.indexOf("\t");
    return { ...(JSON.parse(line.slice(0, end)) as Omit<LogEntry, "tail">), tail: line.slice(end + 1) };
  });
}
