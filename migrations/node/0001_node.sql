-- What a node is: one row.
CREATE TABLE node (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  node_id TEXT NOT NULL,
  epoch TEXT NOT NULL,
  -- Sequence numbers up to this one may have been used.
  seq_reserved INTEGER NOT NULL DEFAULT 0,
  client_id TEXT,
  -- The client_id under which the ClientObject knows this node; differs from client_id while that is being changed.
  client_registered TEXT,
  addr TEXT,
  gcm_key TEXT,
  is_app_node INTEGER NOT NULL DEFAULT 0,
  -- Set when the node first connects or is assigned; NULL for one that has only been written to.
  first_seen_at INTEGER,
  revoked_at INTEGER,
  -- A classic client has fetched everything up to this seq: such messages may make room for new ones.
  read_seq INTEGER NOT NULL DEFAULT 0,
  -- Up to this seq a message may be on the wire of one of several connections.
  shared_to INTEGER NOT NULL DEFAULT 0
);

-- Undelivered messages, a batch a row; id is the first seq of the row. Rows never overlap.
CREATE TABLE inbox (
  id INTEGER PRIMARY KEY,
  seq_to INTEGER NOT NULL,
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  -- When the last of them runs out, ms.
  expires_at INTEGER NOT NULL,
  messages TEXT NOT NULL
);

-- What was dropped from the inbox and is yet to be announced.
CREATE TABLE gap (
  from_seq INTEGER PRIMARY KEY,
  to_seq INTEGER NOT NULL,
  reason TEXT NOT NULL
);

-- Where in the inbox the newest message with a collapse key stands.
CREATE TABLE collapse (
  key TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) WITHOUT ROWID;

-- Validation keys that have opened their one connection, until they expire anyway.
CREATE TABLE used_validation_key (
  id TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
