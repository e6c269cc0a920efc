/** Reading page by page what the edge answers in pages: inboxes and histories. */
import { fromWire, type IncomingMessage, type WireMessage } from "./message.ts";

/** Which part, and in what order; bounds are inclusive. */
export interface PageRange {
  from: number | undefined;
  to: number | undefined;
  limit: number | undefined;
  order: "asc" | "desc" | undefined;
}

const PAGE = 100;

/** `read` fetches one page; `place` says where a message stands. */
export async function* pages(
  { from, to, limit = Infinity, order = "asc" }: PageRange,
  read: (range: PageRange) => Promise<{ messages: WireMessage[]; more: boolean }>,
  place: "seq" | "sessionSeq",
): AsyncGenerator<IncomingMessage, void, void> {
  while (limit > 0) {
    const { messages, more } = await read({ from, to, limit: Math.min(limit, PAGE), order });
    let last: number | undefined;
    for (const raw of messages) {
      const message = fromWire(raw);
      last = message[place];
      yield message;
    }
    if (!more || last === undefined) return;
    limit -= messages.length;
    if (order === "asc") from = last + 1;
    else to = last - 1;
  }
}
