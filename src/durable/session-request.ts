/** What the payload of a 100 or 103 asks for, beside the session itself. */
import { isId } from "../protocol/ids.ts";
import type { JoinRequest } from "./session-rpc.ts";

/** Reads it from the text of a message; undefined where a field of the payload is wrong. */
export function readJoinRequest(text: string): JoinRequest | undefined {
  const { payload } = JSON.parse(text) as { payload?: unknown };
  const fields = typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>) : {};
  const field = (name: string): unknown => (Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined);
  const nodeId = field("node_id");
  const anonymousId = field("anonymous_id");
  const isAnonymous = field("is_anonymous") ?? false;
  for (const id of [nodeId, anonymousId]) if (id !== undefined && !isId(id)) return undefined;
  if (typeof isAnonymous !== "boolean") return undefined;
  return { nodeId: nodeId as string | undefined, anonymousId: anonymousId as string | undefined, isAnonymous };
}
