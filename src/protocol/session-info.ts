/** What GET /v1/sessions/{id} answers (docs/http.md), for the edge that writes it and clients that read it. */

/** A session as its members see it. */
export interface SessionInfo {
  session_id: string;
  session_type: 0 | 1;
  owner_id: string | null;
  anyone_can_join: boolean;
  notify_only_last_few_users: number | null;
  presence: boolean;
  history: { messages: number; minutes: number } | null;
  created_at: number;
  /** Games only. */
  master_id: string | null;
  fencing_number: number;
  last_session_seq: number;
  member_count: number;
  /** Watched sessions only. */
  online_count: number | null;
  members: { node_id: string; anonymous: boolean; joined_at: number; online?: boolean }[];
  /** The caller, where it is a member: the one place where an anonymous member finds its own name. */
  me: { node_id: string; anonymous_id: string | null } | null;
  /** App nodes only: the log, and calls to members since this object was started. */
  log?: { messages: number; bytes: number; rows_written: number; calls: number };
}
