/** The payload of a push by APNs (developer.apple.com/documentation/usernotifications/generating-a-remote-notification). */
import type { Push } from "../domain/push/push.ts";
import { utf8Length } from "../protocol/utf8.ts";
import { fitText } from "./fit-text.ts";

/** What APNs takes of any but a VoIP push. */
export const MAX_APNS_BYTES = 4_096;

/** The JSON; the push's body is shortened where the whole would not fit. The app's own fields stand beside `aps`. */
export function apnsPayload(push: Push): string {
  const thread = push.sessionId ?? push.srcId;
  const aps = (body: string | undefined) =>
    push.silent
      ? // Nothing else: with anything to show, Apple takes it for no background push.
        { "content-available": 1 }
      : {
          alert: { title: push.title.toWellFormed(), ...(body && { body }) },
          sound: "default",
          ...(thread !== undefined && { "thread-id": thread }),
        };
  const payload = (body: string | undefined) => JSON.stringify({ aps: aps(body), ...fieldsOf(push) });
  const fits = (body: string) => utf8Length(payload(body)) <= MAX_APNS_BYTES;
  return payload(push.body && fitText(push.body.toWellFormed(), fits));
}

function fieldsOf(push: Push): object {
  const data = Object.entries(push.data ?? {}).map(([key, value]) => [key.toWellFormed(), value.toWellFormed()]);
  return {
    from_seq: push.fromSeq,
    node_id: push.nodeId,
    src_id: push.srcId,
    type: push.type,
    session_id: push.sessionId,
    session_seq: push.sessionSeq,
    ...(data.length > 0 && { data: Object.fromEntries(data) as Record<string, string> }),
  };
}
