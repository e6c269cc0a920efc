/** What wakes a node that is away from a session: a message that it lacks, and what a push may tell of it. */
import type { PushHint, PushWish } from "../../protocol/push-hint.ts";
import { stampedSource } from "../stamp.ts";
import { messageType } from "./message-type.ts";

/** A message of a session that waits for a node in the session's log. */
export interface SessionWake {
  /** Its session_seq. */
  seq: number;
  type?: number;
  /** Its sender; absent for an anonymous one, and for what the session tells of itself. */
  srcId?: string;
  wish?: PushWish;
  /** When it was missed, ms. */
  at: number;
}

/** Parses the message, which may be long: once for all whom it wakes. */
export function sessionWake(
  { seq, tail, push }: { seq: number; tail: string; push?: PushHint },
  at: number,
): SessionWake {
  return {
    seq,
    type: messageType(tail),
    srcId: push?.named ? stampedSource(tail) : undefined,
    wish: push?.wish,
    at,
  };
}

/** A sender's hint as it leaves the session. That the sender may be named is for the session alone to say. */
export function hintInSession(hint: PushHint | undefined, isNamed: boolean): PushHint | undefined {
  const { named: _, ...own } = hint ?? {};
  if (isNamed) return { ...own, named: true };
  return hint === undefined ? undefined : own;
}
