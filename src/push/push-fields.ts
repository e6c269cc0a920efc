/** A push as a service worker or a webhook gets it: the names that messages have on the wire. */
import type { Push } from "../domain/push/push.ts";

/** For JSON, which leaves out what is undefined. */
export interface PushFields {
  node_id: string;
  title: string;
  body: string | undefined;
  data: Record<string, string> | undefined;
  silent: boolean;
  type: number | undefined;
  src_id: string | undefined;
  session_id: string | undefined;
  session_seq: number | undefined;
  from_seq: number;
}

export function pushFields(push: Push): PushFields {
  return {
    node_id: push.nodeId,
    title: push.title,
    body: push.body,
    data: push.data,
    silent: push.silent,
    type: push.type,
    src_id: push.srcId,
    session_id: push.sessionId,
    session_seq: push.sessionSeq,
    from_seq: push.fromSeq,
  };
}
