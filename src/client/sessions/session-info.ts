/** What the edge answers about sessions (docs/http.md), in the app's spelling. */
import type { SessionInfo as WireSessionInfo } from "../../protocol/session-info.ts";

/**
 * A member as the session shows it.
 *
 * @example
 * ```ts
 * import { Allspark, type SessionMember } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const { members } = await allspark.sessions.info("lobby");
 * members.forEach((member: SessionMember) => console.log(member.name, member.online));
 * ```
 */
export interface SessionMember {
  /** The node_id, or the anonymous id of one that joined anonymously. */
  readonly name: string;
  readonly anonymous: boolean;
  /** ms since 1970. */
  readonly joinedAt: number;
  /** Only in sessions with presence, of up to 200 members. */
  readonly online: boolean | undefined;
}

/**
 * A session.
 *
 * @example
 * ```ts
 * import { Allspark, type SessionInfo } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const lobby: SessionInfo = await allspark.sessions.create({ anyoneCanJoin: true, presence: true });
 * console.log(lobby.sessionId, lobby.members.length);
 * ```
 */
export interface SessionInfo {
  readonly sessionId: string;
  readonly isGame: boolean;
  readonly ownerId: string | null;
  readonly anyoneCanJoin: boolean;
  readonly notifyOnlyLastFewUsers: number | null;
  readonly presence: boolean;
  readonly history: { readonly messages: number; readonly minutes: number } | null;
  readonly createdAt: number;
  /** The name of a game's master; null where there is none. */
  readonly masterId: string | null;
  readonly fencingNumber: number;
  readonly lastSessionSeq: number;
  readonly memberCount: number;
  /** null where the session does not keep count. */
  readonly onlineCount: number | null;
  readonly members: readonly SessionMember[];
  /** This node's membership; null for an app node that is no member. */
  readonly me: Membership | null;
}

/**
 * A node in a session. `anonymousId` is null where it is known there, or where the caller may not know.
 *
 * @example
 * ```ts
 * import { Allspark, type Membership } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const me: Membership = await allspark.sessions.join("lobby", { anonymous: true });
 * console.log(`known there as ${me.anonymousId ?? me.nodeId}`);
 * ```
 */
export interface Membership {
  readonly nodeId: string;
  readonly anonymousId: string | null;
}

export function sessionInfoOf(wire: WireSessionInfo): SessionInfo {
  return {
    sessionId: wire.session_id,
    isGame: wire.session_type === 1,
    ownerId: wire.owner_id,
    anyoneCanJoin: wire.anyone_can_join,
    notifyOnlyLastFewUsers: wire.notify_only_last_few_users,
    presence: wire.presence,
    history: wire.history,
    createdAt: wire.created_at,
    masterId: wire.master_id,
    fencingNumber: wire.fencing_number,
    lastSessionSeq: wire.last_session_seq,
    memberCount: wire.member_count,
    onlineCount: wire.online_count,
    members: wire.members.map(({ node_id, anonymous, joined_at, online }) => ({
      name: node_id,
      anonymous,
      joinedAt: joined_at,
      online,
    })),
    me: wire.me === null ? null : { nodeId: wire.me.node_id, anonymousId: wire.me.anonymous_id },
  };
}
