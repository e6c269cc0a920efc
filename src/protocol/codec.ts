/**
 * From the text of a frame to checked messages. Hand-written rather than a schema: this is the hot
 * path, and it must name the field that is wrong.
 */
import { type ErrorCode } from "./errors.ts";
import { isId } from "./ids.ts";
import { isObject } from "./json-object.ts";
import { type MessageSlice, sliceFrame, withoutMembers } from "./json-slices.ts";
import { LIMITS } from "./limits.ts";
import { isReservedType, TYPE } from "./message-types.ts";
import type { PushHint } from "./push-hint.ts";
import { readPushHint } from "./read-push-hint.ts";

export type ConnectionMode = "v1" | "classic";

/** A message for somebody else. */
export interface SendMessage {
  kind: "send";
  id: string | undefined;
  to: "node" | "client" | "session";
  dest: string;
  /** With `to: "session"`: the one member that a private message inside the session is for. */
  member: string | undefined;
  type: number | undefined;
  volatile: boolean;
  ttlMs: number | undefined;
  collapseKey: string | undefined;
  /** The deployment that the destination lives on, where the sender named one. */
  cluster: string | undefined;
  /** The fencing_number that a game's master believes in, where it says so. */
  fence: number | undefined;
  /** Its field `push`. */
  push: PushHint | undefined;
  /** The sender's JSON object as text, without fields that only the edge may set, and without `push`. */
  text: string;
}

/** A recipient's cumulative ack. */
export interface AckMessage {
  kind: "ack";
  seq: number;
}

/** What a CONFIG_REQUEST asks for, unchecked beyond being an object. */
export interface ConfigMessage {
  kind: "config";
  id: string | undefined;
  request: Record<string, unknown>;
}

/** No destination and no negative type: a sign of life. */
export interface PingMessage {
  kind: "ping";
}

export interface BadMessage {
  kind: "bad";
  code: ErrorCode;
  detail: string;
  id: string | undefined;
}

export type InboundMessage = SendMessage | AckMessage | ConfigMessage | PingMessage | BadMessage;

const ID_FORM = `is a string of 1 to ${LIMITS.maxIdBytes} bytes of UTF-8 without control characters`;

/** Fields that the edge stamps, whatever a sender writes there; and `push`, which is for the edge and not for the recipient. */
const TAKEN_OUT = new Set(["src_id", "src_client_id", "timestamp", "seq", "session_seq", "push"]);

/**
 * Decodes one text frame into its messages, in order. A frame that is no frame at all gives a single
 * "bad" message; so does each bad message of an array, the others being handled all the same.
 * The caller has checked the frame's size.
 */
export function decodeFrame(frame: string, mode: ConnectionMode): InboundMessage[] {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    return [bad("BAD_FRAME", "it does not parse as JSON")];
  }
  if (Array.isArray(value)) {
    if (mode === "classic") return [bad("BAD_FRAME", "arrays of messages need the subprotocol allspark.v1")];
    if (value.length > LIMITS.maxMessagesPerFrame) {
      return [bad("TOO_LARGE", `${value.length} messages in one frame, the limit is ${LIMITS.maxMessagesPerFrame}`)];
    }
  } else if (!isObject(value)) {
    return [bad("BAD_FRAME", `it holds ${describe(value)}`)];
  }
  const slices = sliceFrame(frame);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map((element, i) => decodeMessage(element, slices[i]!, mode));
}

function decodeMessage(value: unknown, { text, depth }: MessageSlice, mode: ConnectionMode): InboundMessage {
  if (!isObject(value)) return bad("BAD_MESSAGE", `a message is an object, this is ${describe(value)}`);
  const id = messageId(value, mode);
  if (typeof id === "object") return id;
  if (depth > LIMITS.maxDepth) return bad("BAD_MESSAGE", `nested ${depth} deep, the limit is ${LIMITS.maxDepth}`, id);
  const type = present(value, "type");
  if (type !== undefined && !Number.isSafeInteger(type)) {
    return bad("BAD_MESSAGE", `type is an integer, not ${describe(type)}`, id);
  }
  const destination = readDestination(value);
  if (destination === undefined) return decodeControl(value, type as number | undefined, id);
  if ("problem" in destination) return bad("BAD_MESSAGE", destination.problem, id);
  if (typeof type === "number" && isReservedType(type) && !isSessionRequest(type, destination.to)) {
    return bad("BAD_MESSAGE", `type ${type} is the protocol's own: an app's are 0–99 and 200 upwards`, id);
  }
  const problem = checkOptions(value);
  if (problem !== undefined) return bad("BAD_MESSAGE", problem, id);
  const push = readPushHint(present(value, "push"));
  if (push !== undefined && "problem" in push) return bad("BAD_MESSAGE", push.problem, id);
  return {
    kind: "send",
    id,
    ...destination,
    type: type as number | undefined,
    volatile: present(value, "volatile") === true,
    ttlMs: present(value, "ttl_ms") as number | undefined,
    collapseKey: present(value, "collapse_key") as string | undefined,
    cluster: present(value, "dest_cluster_id") as string | undefined,
    fence: destination.to === "session" ? fencingNumber(value) : undefined,
    push,
    text: recipientsText(value, text),
  };
}

function isSessionRequest(type: number, to: SendMessage["to"]): boolean {
  return (
    to === "session" &&
    (type === TYPE.NEW_NODE_JOINED_SESSION ||
      type === TYPE.NODE_UNJOINED_SESSION ||
      type === TYPE.NODE_REVEAL_ANONYMITY)
  );
}

function decodeControl(
  value: Record<string, unknown>,
  type: number | undefined,
  id: string | undefined,
): InboundMessage {
  if (type === undefined || type >= 0) {
    // The original's clients ping with an object of their own; one that wants an ack has forgotten its destination.
    return id === undefined ? { kind: "ping" } : bad("NO_DESTINATION", "or a control type", id);
  }
  const payload = present(value, "payload");
  if (type === TYPE.ACK) {
    if (!isObject(payload)) return bad("BAD_MESSAGE", 'an ack is {"type":-6,"payload":{"seq":N}}', id);
    const seq = present(payload, "seq");
    if (!isCount(seq)) return bad("BAD_MESSAGE", `payload.seq of an ack is an integer ≥ 0, not ${describe(seq)}`, id);
    return { kind: "ack", seq };
  }
  if (type === TYPE.CONFIG_REQUEST) {
    const request = typeof payload === "string" ? parseObject(payload) : payload;
    if (!isObject(request))
      return bad("BAD_MESSAGE", "payload of a config request is an object or a JSON string of one", id);
    return { kind: "config", id, request };
  }
  return bad("UNKNOWN_CONTROL", `${type}`, id);
}

function messageId(value: Record<string, unknown>, mode: ConnectionMode): string | undefined | BadMessage {
  const id = present(value, "id");
  if (id === undefined) return undefined;
  // The original's clients were free to number their messages; a number that JSON has rounded names none.
  if (mode === "classic" && typeof id === "number") return Number.isSafeInteger(id) ? String(id) : undefined;
  if (typeof id !== "string" || id === "" || id.length > LIMITS.maxMessageIdChars) {
    return bad("BAD_MESSAGE", `id is a string of 1 to ${LIMITS.maxMessageIdChars} characters`);
  }
  return id;
}

type Destination = Pick<SendMessage, "to" | "dest" | "member">;

/** The original's order of precedence: a node, then a client, then a session. */
function readDestination(value: Record<string, unknown>): Destination | { problem: string } | undefined {
  const node = present(value, "dest_id");
  const client = present(value, "dest_client_id");
  const session = present(value, "dest_session_id");
  for (const [field, id] of [
    ["dest_id", node],
    ["dest_client_id", client],
    ["dest_session_id", session],
  ] as const) {
    if (id !== undefined && !isId(id)) {
      return { problem: `${field} ${ID_FORM}` };
    }
  }
  if (session !== undefined && (node !== undefined || client === undefined)) {
    return { to: "session", dest: session as string, member: node as string | undefined };
  }
  if (node !== undefined) return { to: "node", dest: node as string, member: undefined };
  if (client !== undefined) return { to: "client", dest: client as string, member: undefined };
  return undefined;
}

function checkOptions(value: Record<string, unknown>): string | undefined {
  const volatile = present(value, "volatile");
  if (volatile !== undefined && typeof volatile !== "boolean")
    return `volatile is true or false, not ${describe(volatile)}`;
  const ttl = present(value, "ttl_ms");
  if (ttl !== undefined && !isCount(ttl)) return `ttl_ms is an integer of milliseconds ≥ 0, not ${describe(ttl)}`;
  const key = present(value, "collapse_key");
  if (key !== undefined && !isId(key)) return `collapse_key ${ID_FORM}`;
  const cluster = present(value, "dest_cluster_id");
  if (cluster !== undefined && !isId(cluster)) return `dest_cluster_id ${ID_FORM}`;
  return undefined;
}

/** An app may have a field of that name for something else: then it is none. */
function fencingNumber(value: Record<string, unknown>): number | undefined {
  const fence = present(value, "fencing_number");
  return isCount(fence) ? fence : undefined;
}

function recipientsText(value: Record<string, unknown>, text: string): string {
  for (const field of TAKEN_OUT) if (Object.hasOwn(value, field)) return withoutMembers(text, TAKEN_OUT);
  return text;
}

/** A sender's own field; null counts as absent, and what objects inherit is nobody's field. */
function present(value: Record<string, unknown>, field: string): unknown {
  if (!Object.hasOwn(value, field)) return undefined;
  return value[field] ?? undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function bad(code: ErrorCode, detail: string, id?: string): BadMessage {
  return { kind: "bad", code, detail, id };
}
