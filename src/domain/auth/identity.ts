/** Who a key names. */
import { isId } from "../../protocol/ids.ts";
import { isObject } from "../../protocol/json-object.ts";

/** What a key says of its holder. */
export interface KeyIdentity {
  nodeId: string;
  clientId?: string;
  /** A privileged app node. */
  app: boolean;
}

/**
 * Reads an identity from parsed JSON, naming the field that holds the node id. Only own fields count,
 * so nothing that `__proto__` smuggles in does. Null where a field has the wrong type: a key that says something
 * unreadable is refused rather than taken to say less. An absent or null client_id or app means none.
 */
export function readIdentity(source: Record<string, unknown>, nodeField: "sub" | "node_id"): KeyIdentity | null {
  const own = (field: string): unknown => (Object.hasOwn(source, field) ? (source[field] ?? undefined) : undefined);
  const nodeId = own(nodeField);
  const clientId = own("client_id");
  const app = own("app") ?? false;
  if (!isId(nodeId) || typeof app !== "boolean") return null;
  if (clientId === undefined) return { nodeId, app };
  return isId(clientId) ? { nodeId, clientId, app } : null;
}

/**
 * Reads the value inside a signed value: a bare node id, or a JSON object with node_id (PROTOCOL §1). What starts
 * with "{" is JSON or nothing. Null where it names no node.
 */
export function parseSignedText(text: string): KeyIdentity | null {
  if (!text.trimStart().startsWith("{")) return isId(text) ? { nodeId: text, app: false } : null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  return isObject(parsed) ? readIdentity(parsed, "node_id") : null;
}

/** The shortest signed text that parseSignedText reads back as this identity. */
export function formatSignedText({ nodeId, clientId, app }: KeyIdentity): string {
  if (clientId === undefined && !app && !nodeId.trimStart().startsWith("{")) return nodeId;
  return JSON.stringify({ node_id: nodeId, client_id: clientId, app: app || undefined });
}
