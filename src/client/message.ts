/** Messages as an app writes and reads them, and how they stand on the wire (PROTOCOL §3). */
import { AllsparkError } from "./errors.ts";

/**
 * A message to send. One of `to`, `toClient` and `toSession` says where; `to` beside `toSession` makes it private inside the
 * session.
 *
 * @example
 * ```ts
 * import type { OutgoingMessage } from "allspark/client";
 *
 * const score: OutgoingMessage = { toSession: "game-1", type: 7, payload: { points: 3 }, collapseKey: "score" };
 * console.log(score.type);
 * ```
 */
export interface OutgoingMessage {
  /** A node; beside `toSession`, a member's name there. */
  to?: string;
  /** Every node of a client. */
  toClient?: string;
  /** The other members of a session. */
  toSession?: string;
  /** The app's own integer from 0, but 100–199 are the protocol's. */
  type?: number;
  /** Any JSON value. */
  payload?: unknown;
  payload1?: unknown;
  payload2?: unknown;
  /** Never stored and never acked: dropped where it cannot be delivered now. */
  volatile?: boolean;
  /** Not delivered after so many ms. */
  ttlMs?: number;
  /** While undelivered, a newer message with the same key takes its place. */
  collapseKey?: string;
  /**
   * What a push for it says, where the recipient is away: each part in place of the edge's own. `false`: no push. Bounds:
   * docs/push.md.
   */
  push?: false | { title?: string; body?: string; data?: Record<string, string | number | boolean>; silent?: boolean };
  /** In a game: the fencing number that the sender believes in. */
  fencingNumber?: number;
  /** The deployment on which the destination lives; this one by default. */
  toCluster?: string;
  /** Fields of the app's own, passed through untouched; those of the protocol win over them. */
  fields?: Record<string, unknown>;
}

/**
 * What became of a message: `delivered`: every recipient has acked it; `stored`: it is safe in an inbox or a session's log.
 * A volatile one was `sent`, or `dropped` because there was no connection, or something sent before it still waits for room.
 *
 * @example
 * ```ts
 * import { Allspark, type Receipt } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const receipt: Receipt = await allspark.send({ to: "bob", payload: "hello" });
 * console.log(receipt.status);
 * ```
 */
export interface Receipt {
  /** The message's id; undefined for volatile ones, which have none. */
  id: string | undefined;
  status: "delivered" | "stored" | "queued" | "sent" | "dropped";
}

/**
 * A message that came.
 *
 * @example
 * ```ts
 * import { Allspark, type IncomingMessage } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * allspark.on("message", (message: IncomingMessage) => console.log(message.from, message.payload));
 * ```
 */
export interface IncomingMessage {
  /** Names the message together with `from` and `session`; some senders give none. */
  id: string | undefined;
  /** The sending node; in a session, its name there. */
  from: string;
  /** The sender's client, where it has one and is not anonymous. */
  fromClient: string | undefined;
  /** The session it came through. */
  session: string | undefined;
  /** Said to this member alone, inside the session. */
  isPrivate: boolean;
  type: number | undefined;
  payload: unknown;
  payload1: unknown;
  payload2: unknown;
  isVolatile: boolean;
  /** The edge's clock when it took the message, ms since 1970. */
  timestamp: number;
  /** Its place in this node's order; volatile messages have none. */
  seq: number | undefined;
  /** Its place in the session's order. */
  sessionSeq: number | undefined;
  /** Everything as it stood on the wire, fields of the sender's own included. */
  raw: Readonly<Record<string, unknown>>;
}

/** A message on the wire. */
export type WireMessage = Readonly<Record<string, unknown>>;

/** Throws AllsparkError BAD_OPTION where it names no destination, or two. */
export function toWire(message: OutgoingMessage, id: string | undefined): Record<string, unknown> {
  if ((message.toClient === undefined) === (message.to === undefined && message.toSession === undefined)) {
    throw new AllsparkError("BAD_OPTION", "a message needs one of to, toClient and toSession");
  }
  return {
    ...message.fields,
    id,
    dest_id: message.to,
    dest_client_id: message.toClient,
    dest_session_id: message.toSession,
    dest_cluster_id: message.toCluster,
    type: message.type,
    payload: message.payload,
    payload1: message.payload1,
    payload2: message.payload2,
    volatile: message.volatile || undefined,
    push: message.push,
    ttl_ms: message.ttlMs,
    collapse_key: message.collapseKey,
    fencing_number: message.fencingNumber,
  };
}

export function fromWire(raw: WireMessage): IncomingMessage {
  const session = text(raw["dest_session_id"]);
  return {
    id: text(raw["id"]),
    from: text(raw["src_id"]) ?? "",
    fromClient: text(raw["src_client_id"]),
    session,
    isPrivate: session !== undefined && raw["dest_id"] !== undefined && raw["dest_id"] !== null,
    type: whole(raw["type"]),
    payload: raw["payload"],
    payload1: raw["payload1"],
    payload2: raw["payload2"],
    isVolatile: raw["volatile"] === true,
    timestamp: whole(raw["timestamp"]) ?? 0,
    seq: whole(raw["seq"]),
    sessionSeq: whole(raw["session_seq"]),
    raw,
  };
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function whole(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
