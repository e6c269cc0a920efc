-- What a session is: one row, as JSON that src/durable/sql/session-store.ts reads and writes whole.
CREATE TABLE session (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  session_id TEXT NOT NULL,
  -- Session sequence numbers up to this one may have been used.
  seq_reserved INTEGER NOT NULL DEFAULT 0,
  -- Up to this session_seq the log has lost messages that some member may not have, and why.
  trimmed_to INTEGER NOT NULL DEFAULT 0,
  trimmed_why TEXT NOT NULL DEFAULT 'cap',
  facts TEXT NOT NULL
);

CREATE TABLE member (
  node_id TEXT PRIMARY KEY,
  -- The order of joining.
  position INTEGER NOT NULL,
  joined_at INTEGER NOT NULL,
  anonymous_id TEXT,
  revealed INTEGER NOT NULL DEFAULT 0,
  -- The member has everything before this session_seq and may lack what follows; NULL for one that lacks nothing.
  behind_from INTEGER,
  -- Does the member's own object know that it is behind?
  told INTEGER NOT NULL DEFAULT 1,
  -- Sessions with presence, and games: is it online, and since when is it not while that is not yet told.
  online INTEGER NOT NULL DEFAULT 0,
  offline_since INTEGER,
  -- It was the master of a game and has not yet acked that it is no longer.
  deposed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Messages that some member does not have, or that are kept as history; id is the first session_seq. Rows never overlap.
CREATE TABLE log (
  id INTEGER PRIMARY KEY,
  seq_to INTEGER NOT NULL,
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  messages TEXT NOT NULL
);

-- Changes of master (110) that not every member has answered for: no sender would tell of them again after a crash. `seq`
-- is the session_seq of the last time.
CREATE TABLE notice (
  seq INTEGER PRIMARY KEY,
  notice TEXT NOT NULL
);

-- The state of a game: one row.
CREATE TABLE state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL,
  fencing_number INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  state TEXT NOT NULL
);
