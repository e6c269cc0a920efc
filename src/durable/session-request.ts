/** What the payload of a 100 or 103 asks for, beside the session itself. */
import { isId } from "../protocol/ids.ts";
import { isObject } from "../protocol/json-object.ts";
import type { JoinRequest } from "./session-rpc.ts";

/** Classic clients in Python write str(True). */
const FLAGS = new Map<unknown, boolean>([
  [undefined, false],
  [true, true],
  [false, false],
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
]);

/**
 * Reads it from the text of a message: its payload is an object or, as classic clients write it, the JSON text of one.
 * Undefined where a field is wrong, and where a payload is neither: a wish to stay anonymous must not go unheard.
 */
export function readJoinRequest(text: string): JoinRequest | undefined {
  const { payload } = JSON.parse(text) as { payload?: unknown };
  const fields = payload === undefined || payload === null || payload === "" ? {} : asObject(payload);
  if (fields === undefined) return undefined;
  const field = (name: string): unknown => (Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined);
  const nodeId = field("node_id");
  const anonymousId = field("anonymous_id");
  const isAnonymous = FLAGS.get(field("is_anonymous"));
  for (const id of [nodeId, anonymousId]) if (id !== undefined && !isId(id)) return undefined;
  if (isAnonymous === undefined) return undefined;
  return { nodeId: nodeId as string | undefined, anonymousId: anonymousId as string | undefined, isAnonymous };
}

function asObject(payload: unknown): Record<string, unknown> | undefined {
  if (typeof payload !== "string") return isObject(payload) ? payload : undefined;
  try {
    const value: unknown = JSON.parse(payload);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
