/** The text of what members get: the session's stamp, notices, gaps. Without the opening brace, so that a seq can go first. */
import type { GapReason } from "../../protocol/frames.ts";
import { TYPE } from "../../protocol/message-types.ts";
import { type Stamp, stampPrefix } from "../stamp.ts";

/** A sender's message (the text of a JSON object without its opening brace, not empty) as the session passes it on. */
export function sessionTail(stamp: Stamp, now: number, seq: number, text: string): string {
  return `${stampPrefix(stamp)}${now},"session_seq":${seq},${text}`;
}

/** The stamp of a session: up to the number, which is what changes where a message gets another place in the order. */
const PLACE = /^"src_id":"(?:[^"\\]|\\.)*",(?:"src_client_id":"(?:[^"\\]|\\.)*",)?"timestamp":\d+,"session_seq":\d+/;

/** A message of a session under another session_seq. */
export function withSessionSeq(tail: string, seq: number): string {
  return tail.replace(PLACE, (stamp) => stamp.replace(/\d+$/, () => String(seq)));
}

/** A notice of the session; `seq` 0 for one outside of its order. */
export function noticeTail(
  { type, subject, sessionId, payload }: { type: number; subject: string; sessionId: string; payload?: unknown },
  now: number,
  seq: number,
): string {
  const place = seq === 0 ? "" : `"session_seq":${seq},`;
  const rest = JSON.stringify({ type, dest_session_id: sessionId, payload });
  return `${stampPrefix({ srcId: subject, srcClientId: undefined })}${now},${place}${rest.slice(1)}`;
}

/** Tells that messages of a session will never arrive; the numbers are session_seqs. */
export function sessionGapTail(
  sessionId: string,
  { from, to, reason }: { from: number; to: number; reason: GapReason },
  now: number,
): string {
  const payload = { session_id: sessionId, from_seq: from, to_seq: to, reason };
  return noticeTail({ type: TYPE.GAP, subject: sessionId, sessionId, payload }, now, to);
}
