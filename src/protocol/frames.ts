/** The messages that the edge itself writes (PROTOCOL §2, §4, §5), as JSON text. */
import { type ErrorCode, wireError } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { TYPE } from "./message-types.ts";

export type AckStatus = "delivered" | "stored" | "queued";

/** Why messages will never arrive: their time ran out, a newer one took their place, or a cap was reached. */
export type GapReason = "ttl" | "collapsed" | "expired" | "cap";

export interface Gap {
  from_seq: number;
  to_seq: number;
  reason: GapReason;
}

export interface Welcome {
  node_id: string;
  connection_id: string;
  epoch: string;
  /** Everything after this seq comes on this connection. */
  seq: number;
  server_time: number;
}

export function welcomeMessage(welcome: Welcome): string {
  const payload = { ...welcome, heartbeat_ms: LIMITS.heartbeatMs, max_frame_bytes: LIMITS.maxFrameBytes };
  return JSON.stringify({ type: TYPE.WELCOME, payload });
}

/** Tells a sender what became of its messages. */
export function acksMessage(acks: readonly (readonly [id: string, status: AckStatus])[]): string {
  return JSON.stringify({ type: TYPE.ACK, payload: { acks } });
}

export function gapMessage({ from_seq, to_seq, reason }: Gap): string {
  return JSON.stringify({ type: TYPE.GAP, payload: { from_seq, to_seq, reason } });
}

export function errorMessage(code: ErrorCode, detail?: string, id?: string): string {
  return JSON.stringify({ type: TYPE.ERROR, payload: { ...wireError(code, detail), id } });
}

/** To a classic sender: `node` has no connection, the message waits in its inbox. */
export function userOfflineMessage(node: string, id?: string): string {
  return JSON.stringify({ type: TYPE.USER_OFFLINE, src_id: node, id });
}

export function nodeNotRegisteredMessage(node: string, id?: string): string {
  return JSON.stringify({
    type: TYPE.NODE_NOT_REGISTERED,
    src_id: node,
    id,
    payload: { ...wireError("NODE_NOT_REGISTERED"), id },
  });
}

export function sessionUnauthorizedMessage(session: string, id?: string): string {
  return JSON.stringify({
    type: TYPE.SESSION_UNAUTHORIZED,
    dest_session_id: session,
    id,
    payload: { ...wireError("SESSION_UNAUTHORIZED"), id },
  });
}

/** A classic client gets the payload as a JSON string, as from the original. */
export function configResponseMessage(payload: object, classic: boolean, id?: string): string {
  return JSON.stringify({ type: TYPE.CONFIG_RESPONSE, id, payload: classic ? JSON.stringify(payload) : payload });
}

/** A stamped message (JSON text without its opening brace) with the seq that its recipient acks. */
export function withSeq(seq: number, tail: string): string {
  return `{"seq":${seq},${tail}`;
}

/** A stamped message for a connection that does not ack: classic, or a volatile message. */
export function withoutSeq(tail: string): string {
  return `{${tail}`;
}

/** One frame of a v1 connection. */
export function packFrame(messages: readonly string[]): string {
  return messages.length === 1 ? messages[0]! : `[${messages.join(",")}]`;
}
