/** What a push says of the message that it is for: who, a title, and what the sender would have it say. */
import { TYPE } from "../../protocol/message-types.ts";
import type { PushHint, PushWish } from "../../protocol/push-hint.ts";
import type { Push } from "./push.ts";

/** What a message says of itself, as far as a push may tell it. */
export interface Waiting {
  type?: number;
  /** Absent where no push may tell it. */
  srcId?: string;
  sessionId?: string;
  sessionSeq?: number;
  wish?: PushWish;
  /** When it was stored or missed, ms. */
  at: number;
}

/**
 * Of what a session tells of its members, only the member itself is pushed to. An app's own types are the app's to name: by
 * the field `push` of its messages.
 */
const MESSAGE_TITLE = "New message";
const TITLES = new Map<number, string>([
  [TYPE.NEW_NODE_JOINED_SESSION, "You were added to a session"],
  [TYPE.NODE_UNJOINED_SESSION, "You are no longer in a session"],
  [TYPE.SESSION_MASTER_CHANGED, "You are the master of a game now"],
]);

/** The edge's title for a message of this type. */
export function titleOf(type: number | undefined): string {
  return (type === undefined ? undefined : TITLES.get(type)) ?? MESSAGE_TITLE;
}

/**
 * Reads a stored message. What comes from a session tells its sender only where the session says that this is the sender's
 * own node_id: else it is the name of an anonymous member, or nobody's.
 */
export function waitingMessage(tail: string, hint: PushHint | undefined, at: number): Waiting {
  const { type, src_id, dest_session_id, session_seq } = JSON.parse(`{${tail}`) as Record<string, unknown>;
  const isOfSession = dest_session_id !== undefined || session_seq !== undefined;
  return {
    ...(typeof type === "number" && { type }),
    ...(typeof src_id === "string" && (!isOfSession || hint?.named) && { srcId: src_id }),
    ...(typeof dest_session_id === "string" && { sessionId: dest_session_id }),
    ...(typeof session_seq === "number" && { sessionSeq: session_seq }),
    ...(hint?.wish && { wish: hint.wish }),
    at,
  };
}

/** The push for a message that waits. */
export function pushFor({ wish = {}, ...waiting }: Waiting, about: Pick<Push, "id" | "nodeId" | "fromSeq">): Push {
  const { title, silent = false, ...rest } = wish;
  return { ...about, ...waiting, ...rest, title: title ?? titleOf(waiting.type), silent };
}
