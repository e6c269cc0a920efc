-- The ways to wake the node while it is away; the id is what a target is known by without telling its secrets.
CREATE TABLE push_target (
  id TEXT PRIMARY KEY,
  -- As JSON.
  target TEXT NOT NULL,
  added_at INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO push_target (id, target, added_at)
SELECT 'gcm_key', json_object('kind', 'fcm', 'token', gcm_key), coalesce(first_seen_at, 0)
FROM node WHERE gcm_key IS NOT NULL;

-- When the node is pushed to: one row; see src/domain/push/schedule.ts.
CREATE TABLE push (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  due_at INTEGER,
  pushed_at INTEGER NOT NULL,
  pushed_to INTEGER NOT NULL,
  online INTEGER NOT NULL
);

-- The push that is under way: one row, as JSON; see src/durable/push-jobs.ts.
CREATE TABLE push_job (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  job TEXT NOT NULL
);

-- Sessions in which something waits that calls for a push: the first of it since the last push, as JSON.
CREATE TABLE push_session (
  session_id TEXT PRIMARY KEY,
  waiting TEXT NOT NULL,
  pushed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
