/**
 * What travels in one RPC of a lane (DESIGN §2). The lane itself, both ends, is in lane-sender.ts
 * and lane-receiver.ts.
 */
import type { SendMessage } from "../protocol/codec.ts";
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
  };
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
