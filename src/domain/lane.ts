/**
 * What travels in one RPC of a lane (DESIGN §2). The lane itself, both ends, is in lane-sender.ts
 * and lane-receiver.ts.
 */
import type { ErrorCode } from "../protocol/errors.ts";

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
}

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
}

/**
 * The outcome of one message. "offline" is "stored" where the destination has no connection at all,
 * which classic senders are told; "dropped" is a volatile one with nowhere to go.
 */
export type LaneStatus = "delivered" | "stored" | "offline" | "dropped" | ErrorCode;

/**
 * One status a message, or a single one for all; "resync" says that the predecessor is unknown here
 * and nothing was taken.
 */
export type LaneAnswer = { statuses: LaneStatus[] | LaneStatus } | { resync: true };
