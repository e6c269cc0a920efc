/** Who a key names, and what may stand as a name. */
import { LIMITS } from "../../protocol/limits.ts";

/** What a key says of its holder. */
export interface KeyIdentity {
  nodeId: string;
  clientId?: string;
  /** A privileged app node. */
  app: boolean;
}

// C0, DEL and C1: they break logs, headers and terminals, and no id needs them.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * May this be a node or client id? 1 to LIMITS.maxIdBytes bytes of UTF-8, no control characters, and
 * no lone surrogates, which have no UTF-8 form.
 */
export function isKeyId(id: unknown): id is string {
  if (typeof id !== "string" || id === "" || id.length > LIMITS.maxIdBytes || CONTROL.test(id)) return false;
  let bytes = 0;
  for (const char of id) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) return false;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes <= LIMITS.maxIdBytes;
}

/** Is this a JSON object, not an array and not null? */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
  if (!isKeyId(nodeId) || typeof app !== "boolean") return null;
  if (clientId === undefined) return { nodeId, app };
  return isKeyId(clientId) ? { nodeId, clientId, app } : null;
}

/**
 * Reads the value inside a signed value: a bare node id, or a JSON object with node_id (PROTOCOL §1). What starts
 * with "{" is JSON or nothing. Null where it names no node.
 */
export function parseSignedText(text: string): KeyIdentity | null {
  if (!text.trimStart().startsWith("{")) return isKeyId(text) ? { nodeId: text, app: false } : null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  return isJsonObject(parsed) ? readIdentity(parsed, "node_id") : null;
}

/** The shortest signed text that parseSignedText reads back as this identity. */
export function formatSignedText({ nodeId, clientId, app }: KeyIdentity): string {
  if (clientId === undefined && !app && !nodeId.trimStart().startsWith("{")) return nodeId;
  return JSON.stringify({ node_id: nodeId, client_id: clientId, app: app || undefined });
}
