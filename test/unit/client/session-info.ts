/** A session as the edge answers it. */
import type { SessionInfo as WireSessionInfo } from "../../../src/protocol/session-info.ts";

export function sessionInfo(fields: Partial<WireSessionInfo> = {}): WireSessionInfo {
  return {
    session_id: "s",
    session_type: 0,
    owner_id: "alice",
    anyone_can_join: true,
    notify_only_last_few_users: null,
    presence: true,
    history: null,
    created_at: 1,
    master_id: null,
    fencing_number: 0,
    last_session_seq: 0,
    member_count: 2,
    online_count: 1,
    members: [
      { node_id: "alice", anonymous: false, joined_at: 1, online: true },
      { node_id: "bob", anonymous: false, joined_at: 2, online: false },
    ],
    me: { node_id: "alice", anonymous_id: null },
    ...fields,
  };
}
