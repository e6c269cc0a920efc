-- The nodes of a client.
CREATE TABLE client_node (
  node_id TEXT PRIMARY KEY,
  added_at INTEGER NOT NULL
) WITHOUT ROWID;
