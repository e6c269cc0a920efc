/** What a CONFIG_REQUEST (-101) asks for (PROTOCOL §5), read and checked. */
import type { InboxReader, Page, PageQuery } from "../domain/inbox-reader.ts";
import { isPushKind, type JudgeUrl, readTarget } from "../domain/push/read-target.ts";
import { PUSH_KINDS, type PushKind, type PushTarget } from "../domain/push/target.ts";
import type { ConnectionMode } from "../protocol/codec.ts";
import { ERRORS } from "../protocol/errors.ts";
import { configResponseMessage, errorMessage } from "../protocol/frames.ts";
import { isObject } from "../protocol/json-object.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { PushConfig } from "../push/push-config.ts";
import { judgeUrl } from "../push/public-url.ts";
import type { NodePush } from "./node-push.ts";
import type { NodeStore } from "./sql/node-store.ts";

interface ConfigRequest {
  gcmKey: string | undefined;
  pushTarget: PushTarget | undefined;
  removed: { kind: PushKind; name?: string; id?: string } | undefined;
  fetch: PageQuery | undefined;
  /** The client's clock, ms. */
  timestamp: number | undefined;
}

/** What a request may change and read. */
export interface ConfigParts {
  mode: ConnectionMode;
  store: NodeStore;
  reader: InboxReader;
  push: NodePush;
}

/** Answers what is wrong, naming the field, where something is. */
function readConfigRequest(request: Record<string, unknown>, judge: JudgeUrl): ConfigRequest | { problem: string } {
  const field = (name: string): unknown => (Object.hasOwn(request, name) ? (request[name] ?? undefined) : undefined);
  const gcmKey = field("update_gcm_key");
  const gcmTarget = gcmKey === undefined ? undefined : readTarget("fcm", { token: gcmKey }, judge);
  if (gcmTarget !== undefined && "problem" in gcmTarget) return { problem: `update_gcm_key: ${gcmTarget.problem}` };
  const pushTarget = readPushTarget(field("push_target"), judge);
  if (pushTarget !== undefined && "problem" in pushTarget) return pushTarget;
  const removed = readRemoval(field("remove_push_target"));
  if (removed !== undefined && "problem" in removed) return removed;
  const timestamp = field("timestamp");
  if (timestamp !== undefined && !Number.isFinite(timestamp)) return { problem: "timestamp is a number of ms" };
  const fetch = field("fetch_inbox_messages") ? readFetch(field) : undefined;
  if (fetch !== undefined && "problem" in fetch) return fetch;
  return {
    gcmKey: gcmKey as string | undefined,
    pushTarget,
    removed,
    fetch,
    timestamp: timestamp as number | undefined,
  };
}

function readPushTarget(value: unknown, judge: JudgeUrl): PushTarget | { problem: string } | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) return { problem: "push_target is an object with a kind" };
  const target = readTarget(String(value["kind"]), value, judge);
  return "problem" in target ? { problem: `push_target: ${target.problem}` } : target;
}

function readRemoval(value: unknown): ConfigRequest["removed"] | { problem: string } {
  if (value === undefined) return undefined;
  const { kind, token, id } = isObject(value) ? value : { kind: value };
  if (!isPushKind(kind))
    return { problem: `remove_push_target is, or has as its kind, one of ${PUSH_KINDS.join(", ")}` };
  for (const [name, given] of Object.entries({ token, id })) {
    if (given !== undefined && given !== null && typeof given !== "string") {
      return { problem: `remove_push_target.${name} is the text of one target's` };
    }
  }
  return { kind, name: (token as string | null) ?? undefined, id: (id as string | null) ?? undefined };
}

/**
 * Does what a CONFIG_REQUEST of this id asks for; answers the message to send back: the response, or what was wrong with the
 * request. Then nothing of it was done.
 */
export function answerConfig(
  request: Record<string, unknown>,
  id: string | undefined,
  parts: ConfigParts,
  config: Pick<PushConfig, "allowPrivate">,
  now: number,
): string {
  const answer = doConfig(request, parts, config, now);
  if ("problem" in answer) return errorMessage("BAD_MESSAGE", answer.problem, id);
  return configResponseMessage(answer, parts.mode === "classic", id);
}

function doConfig(
  request: Record<string, unknown>,
  { mode, store, reader, push }: ConfigParts,
  { allowPrivate }: Pick<PushConfig, "allowPrivate">,
  now: number,
): object | { problem: string } {
  const config = readConfigRequest(request, (url) => judgeUrl(url, allowPrivate));
  if ("problem" in config) return config;
  const { gcmKey, pushTarget, removed, fetch, timestamp } = config;
  if (removed !== undefined) push.remove(removed.kind, removed);
  if (gcmKey !== undefined && push.setGcmKey(gcmKey, now) === undefined) return { problem: TOO_MANY };
  if (pushTarget !== undefined && push.add(pushTarget, now) === undefined) return { problem: TOO_MANY };
  const isAboutPush = gcmKey !== undefined || pushTarget !== undefined || removed !== undefined;
  return {
    ...(isAboutPush && { push_targets: push.listed }),
    ...(fetch && fetchInbox(fetch, mode, store, reader, now)),
    server_timestamp_add_diff: now - (timestamp ?? now),
  };
}

const TOO_MANY = `push_target: ${ERRORS.PUSH_TARGETS_FULL.message}`;

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
