-- The sessions that the node is a member of.
CREATE TABLE node_session (
  session_id TEXT PRIMARY KEY,
  -- Does the session want to know whether the node is online?
  watched INTEGER NOT NULL DEFAULT 0,
  -- What it was told last.
  told_online INTEGER NOT NULL DEFAULT 0,
  -- The node has everything before this session_seq; what follows is in the session's log. NULL where it lacks nothing.
  unread_from INTEGER
) WITHOUT ROWID;
