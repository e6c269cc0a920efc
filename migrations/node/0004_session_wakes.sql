-- Was the session told that this node wants to be woken for what it misses there?
ALTER TABLE node_session ADD COLUMN told_wakes INTEGER NOT NULL DEFAULT 0;
