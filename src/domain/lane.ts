/**
 * What travels in one RPC of a lane (DESIGN §2). The lane itself, both ends, is in lane-sender.ts
 * and lane-receiver.ts.
 */
import type { SendMessage } from "../protocol/codec.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import type { PushHint } from "../protocol/push-hint.ts";

/** One message on its way to a destination. */
export interface LaneMessage {
  /** The sender's id, or one of the edge's own making (starting with "~") where it gave none. */
  id: string;
  /** The stamped message as JSON text without its opening brace, so that a recipient can prepend fields of its own. */
  tail: string;
  /** Edge time in ms after which it must not be delivered; 0 for never. */
  expiresAt: number;
  volatile: boolean;
  collapseKey?: string;
  /** What it says of the push that it may lead to. */
  push?: PushHint;
  /** On its way to a session: what the session has to know of it. */
  toSession?: ForSession;
  /** On its way from a session to a member: its place in the session's order, 0 for one outside of it. */
  sessionSeq?: number;
}

/**
 * A checked message as it travels, stamped as `tail` at `now` (ms). `unnamed` goes into the id of one whose sender gave it
 * none: it must differ for every message of this source, across lives of its object.
 */
export function laneMessage(message: SendMessage, tail: string, now: number, unnamed: string): LaneMessage {
  return {
    id: message.id ?? `~${unnamed}`,
    tail,
    expiresAt: message.ttlMs === undefined ? 0 : now + message.ttlMs,
    volatile: message.volatile,
    collapseKey: message.collapseKey,
    ...(message.push && { push: message.push }),
  };
}

/** What a sender's object tells a session of a message. Its tail is then the sender's own text, not yet stamped. */
export interface ForSession {
  /** The one member that a private message is for, by the name that the session shows. */
  member?: string;
  /** The message asks to join, to leave or to reveal. */
  control?: SessionControl;
  clientId?: string;
  /** The sender gave it no id. */
  unnamed?: true;
  /** The sender's key is an app node's. */
  app?: true;
  /** The fencing_number that the sender, a game's master, believes in. */
  fence?: number;
}

/** Message types that ask a session for something (PROTOCOL §5). */
export type SessionControl = 100 | 103 | 104;

export interface LaneBatch {
  /** Names the lane and this life of its sending object. */
  lane: string;
  /** Who sent all of these messages. */
  src: string;
  /** Position of the first message in its lane; the others follow without a gap. */
  first: number;
  /** The lane has nothing else in flight, so there is no predecessor to know. */
  start: boolean;
  messages: LaneMessage[];
  /** The session that these messages come from. */
  session?: string;
}

/**
 * The outcome of one message. "offline" is "stored" where the destination has no connection at all,
 * which classic senders are told; "dropped" is a volatile one with nowhere to go. To a session, a
 * member's node answers "offline" and "behind" (it has a connection, but no room) where it stored nothing
 * and will fetch the message from the session's log.
 */
export type LaneStatus = "delivered" | "stored" | "offline" | "behind" | "dropped" | ErrorCode;

/**
 * One status a message, or a single one for all; "resync" says that the predecessor is unknown here
 * and nothing was taken.
 */
export type LaneAnswer = { statuses: LaneStatus[] | LaneStatus } | { resync: true };
