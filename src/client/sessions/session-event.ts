/** What members of a session are told (PROTOCOL §5), as events. */
import { text, type WireMessage, whole } from "../message.ts";
import { JOINED, LEFT, MASTER_CHANGED, OFFLINE, ONLINE, REVEALED } from "../wire-types.ts";

/**
 * Something happened in a session that this node is a member of. `name` is the one by which the session knows its member.
 *
 * - `joined`, `left`, `online`, `offline`: of that member;
 * - `revealed`: the anonymous `name` is the node `nodeId`;
 * - `master`: of a game, from `fencingNumber` on;
 * - `removed`: this node is a member no longer, because somebody removed it, closed the session, or it has left by
 *   `sessions.leave`.
 *
 * @example
 * ```ts
 * import { Allspark, type SessionEvent } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * allspark.on("session", (event: SessionEvent) => {
 *   if (event.kind === "joined") console.log(`${event.name} is in ${event.session}`);
 * });
 * ```
 */
export type SessionEvent = { readonly session: string } & (
  | { readonly kind: "joined" | "left" | "online" | "offline"; readonly name: string }
  | { readonly kind: "revealed"; readonly name: string; readonly nodeId: string }
  | { readonly kind: "master"; readonly name: string; readonly fencingNumber: number }
  | { readonly kind: "removed"; readonly reason: "removed" | "closed" | "left" }
);

const KINDS = new Map<unknown, "joined" | "left" | "online" | "offline">([
  [JOINED, "joined"],
  [LEFT, "left"],
  [ONLINE, "online"],
  [OFFLINE, "offline"],
]);

/**
 * What a message tells of a session: histories and inboxes hold notices among the messages. Takes a message's `raw`; undefined where
 * it is no notice.
 *
 * @example
 * ```ts
 * import { Allspark, sessionEventOf } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * for await (const message of allspark.sessions.history("lobby")) {
 *   console.log(sessionEventOf(message.raw)?.kind ?? message.payload);
 * }
 * ```
 */
export function sessionEventOf(message: WireMessage): SessionEvent | undefined {
  const session = text(message["dest_session_id"]);
  if (session === undefined) return undefined;
  const { type, payload } = message;
  const name = text(message["src_id"]) ?? "";
  const fields = (typeof payload === "object" && payload !== null ? payload : {}) as Record<string, unknown>;
  // About oneself it has no place in the session's order.
  if (type === LEFT && whole(message["session_seq"]) === undefined) {
    return { session, kind: "removed", reason: fields["reason"] === "closed" ? "closed" : "removed" };
  }
  if (type === REVEALED) return { session, kind: "revealed", name, nodeId: text(payload) ?? "" };
  if (type === MASTER_CHANGED) {
    const master = text(fields["master_id"]) ?? name;
    return { session, kind: "master", name: master, fencingNumber: whole(fields["fencing_number"]) ?? 0 };
  }
  const kind = KINDS.get(type);
  return kind === undefined ? undefined : { session, kind, name };
}
