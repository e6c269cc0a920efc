/** What a 100 or 103 asks for, beside the session itself. */
import { readFlag } from "../protocol/flag.ts";
import { isId } from "../protocol/ids.ts";
import { isObject } from "../protocol/json-object.ts";
import { TYPE } from "../protocol/message-types.ts";
import type { JoinRequest } from "./session-rpc.ts";

/**
 * Reads it from the text of a message: from its payload, an object or, as classic clients write it, the JSON text of one;
 * what is not there, from the message itself. Undefined where a field is wrong, and where a payload that cannot be read
 * may have held what must not go unheard: a wish to stay anonymous, or whom to remove.
 */
export function readJoinRequest(text: string): JoinRequest | undefined {
  const message = JSON.parse(text) as Record<string, unknown>;
  const payload = readPayload(own(message, "payload"));
  const field = (name: string): unknown => own(payload ?? {}, name) ?? own(message, name);
  const nodeId = field("node_id");
  const anonymousId = field("anonymous_id");
  const anonymously = field("is_anonymous");
  if (payload === undefined) {
    const isSaid =
      message["type"] === TYPE.NODE_UNJOINED_SESSION
        ? nodeId !== undefined
        : (anonymousId ?? anonymously) !== undefined;
    if (!isSaid) return undefined;
  }
  const isAnonymous = anonymously === undefined ? false : readFlag(anonymously);
  for (const id of [nodeId, anonymousId]) if (id !== undefined && !isId(id)) return undefined;
  if (isAnonymous === undefined) return undefined;
  return { nodeId: nodeId as string | undefined, anonymousId: anonymousId as string | undefined, isAnonymous };
}

/** A field of its own; null counts as absent. */
function own(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/** undefined where it is neither an object nor the text of one, nor empty. */
function readPayload(payload: unknown): Record<string, unknown> | undefined {
  if (payload === undefined || payload === "") return {};
  if (typeof payload !== "string") return isObject(payload) ? payload : undefined;
  try {
    const value: unknown = JSON.parse(payload);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
