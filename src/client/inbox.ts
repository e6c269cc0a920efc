/** A node's inbox over HTTP: what waits for it, read without a socket. */
import { type EdgeHttp, segment } from "./http.ts";
import type { IncomingMessage } from "./message.ts";
import { pages } from "./pages.ts";

/**
 * Which part of an inbox, and in what order.
 *
 * @example
 * ```ts
 * import { Allspark, type InboxOptions } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const newest: InboxOptions = { order: "desc", limit: 10 };
 * for await (const message of allspark.inbox.read(newest)) console.log(message.seq, message.payload);
 * ```
 */
export interface InboxOptions {
  /** Another node's than one's own: for app nodes. */
  node?: string;
  /** Bounds by `seq`, inclusive. */
  fromSeq?: number;
  toSeq?: number;
  /** Bounds by `timestamp`, ms since 1970, inclusive. */
  fromTimestamp?: number;
  toTimestamp?: number;
  /** At most so many messages in all. */
  limit?: number;
  /** Default "asc". */
  order?: "asc" | "desc";
}

/**
 * What waits for a node that is away: `allspark.inbox`. Reading acks nothing.
 *
 * @example
 * ```ts
 * import { Allspark, type Inbox } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const inbox: Inbox = allspark.inbox;
 * let last = 0;
 * for await (const message of inbox.read()) last = message.seq ?? last;
 * console.log(`${await inbox.ack(last)} messages are out of the inbox`);
 * ```
 */
export class Inbox {
  readonly #http: EdgeHttp;
  readonly #nodeId: () => Promise<string>;

  /** Made by {@link Allspark}. */
  constructor(http: EdgeHttp, nodeId: () => Promise<string>) {
    this.#http = http;
    this.#nodeId = nodeId;
  }

  /** Page by page. */
  async *read(options: InboxOptions = {}): AsyncGenerator<IncomingMessage, void, void> {
    const { node, fromSeq, toSeq, fromTimestamp, toTimestamp, limit, order } = options;
    const path = await this.#path(node);
    const times = { from_timestamp: fromTimestamp, to_timestamp: toTimestamp };
    yield* pages(
      { from: fromSeq, to: toSeq, limit, order },
      ({ from, to, ...page }) =>
        this.#http.call("GET", `${path}/inbox`, { query: { from_seq: from, to_seq: to, ...times, ...page } }),
      "seq",
    );
  }

  /** Takes everything up to `seq` out of the inbox. Answers how many messages that were. */
  async ack(seq: number, node?: string): Promise<number> {
    const path = `${await this.#path(node)}/ack`;
    return (await this.#http.call<{ removed: number }>("POST", path, { body: { seq } })).removed;
  }

  async #path(node: string | undefined): Promise<string> {
    return `/v1/nodes/${segment(node ?? (await this.#nodeId()))}`;
  }
}
