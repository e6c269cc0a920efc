/** What a CONFIG_REQUEST (-101) asks for (PROTOCOL §5), read and checked. */
import type { InboxReader, Page, PageQuery } from "../domain/inbox-reader.ts";
import type { ConnectionMode } from "../protocol/codec.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { NodeStore } from "./sql/node-store.ts";

interface ConfigRequest {
  gcmKey: string | undefined;
  fetch: PageQuery | undefined;
  /** The client's clock, ms. */
  timestamp: number | undefined;
}

/** Registration tokens are opaque and have grown over the years. */
const MAX_GCM_KEY_CHARS = 4_096;

/** Answers what is wrong, naming the field, where something is. */
function readConfigRequest(request: Record<string, unknown>): ConfigRequest | { problem: string } {
  const field = (name: string): unknown => (Object.hasOwn(request, name) ? (request[name] ?? undefined) : undefined);
  for (const name of ["push_target", "remove_push_target"]) {
    if (field(name) !== undefined) return { problem: `${name} is not offered by this edge` };
  }
  const gcmKey = field("update_gcm_key");
  if (gcmKey !== undefined && (typeof gcmKey !== "string" || gcmKey === "" || gcmKey.length > MAX_GCM_KEY_CHARS)) {
    return { problem: `update_gcm_key is a string of 1 to ${MAX_GCM_KEY_CHARS} characters` };
  }
  const timestamp = field("timestamp");
  if (timestamp !== undefined && !Number.isFinite(timestamp)) return { problem: "timestamp is a number of ms" };
  const fetch = field("fetch_inbox_messages") ? readFetch(field) : undefined;
  if (fetch !== undefined && "problem" in fetch) return fetch;
  return { gcmKey, fetch, timestamp: timestamp as number | undefined };
}

/**
 * Does what a CONFIG_REQUEST over a connection of this mode asks for; answers the payload of the response, or what was
 * wrong with the request.
 */
export function answerConfig(
  request: Record<string, unknown>,
  mode: ConnectionMode,
  store: NodeStore,
  reader: InboxReader,
  now: number,
): object | { problem: string } {
  const config = readConfigRequest(request);
  if ("problem" in config) return config;
  if (config.gcmKey !== undefined) store.update({ gcmKey: config.gcmKey });
  return {
    ...(config.fetch && fetchInbox(config.fetch, mode, store, reader, now)),
    server_timestamp_add_diff: now - (config.timestamp ?? now),
  };
}

function fetchInbox(
  query: PageQuery,
  mode: ConnectionMode,
  store: NodeStore,
  reader: InboxReader,
  now: number,
): object {
  const { from_seq, to_seq, ...rest } =
    mode === "classic" ? readOn(query, store, reader, now) : reader.page(query, now);
  // The original's clients reckon with numbers.
  return { ...rest, from_seq: from_seq ?? query.fromSeq ?? 0, to_seq: to_seq ?? query.toSeq ?? reader.lastSeq };
}

/**
 * A page for a client that cannot ack: what it has read to the end may make room in a full inbox. A v1 client says by its
 * acks what it has, so what it fetches stays until then.
 */
function readOn(query: PageQuery, store: NodeStore, reader: InboxReader, now: number): Page {
  const { page, readSeq } = reader.fetch(query, now);
  if (readSeq !== undefined) store.update({ readSeq });
  return page;
}

function readFetch(field: (name: string) => unknown): PageQuery | { problem: string } {
  const bounds = {
    fromSeq: field("fetch_inbox_messages_from_seq"),
    toSeq: field("fetch_inbox_messages_to_seq"),
    fromTimestamp: field("fetch_inbox_messages_from_time_stamp"),
    toTimestamp: field("fetch_inbox_messages_to_time_stamp"),
  };
  for (const [name, value] of Object.entries(bounds)) {
    if (value !== undefined && !Number.isFinite(value)) {
      return { problem: `the ${name} of fetch_inbox_messages is a number (seq, or ms since 1970)` };
    }
  }
  // The original's clients write -1 for "no bound".
  const given = Object.entries(bounds).filter(([, value]) => value !== undefined && (value as number) >= 0);
  return { ...Object.fromEntries(given), order: "desc", limit: LIMITS.maxInboxPage };
}
