-- Did the owner found the session anonymously, and not reveal itself since? Where that was not noted, it is taken to be so
-- unless its members know the owner anyway.
ALTER TABLE session ADD COLUMN owner_hidden INTEGER NOT NULL DEFAULT 1;
UPDATE session SET owner_hidden = 0 WHERE EXISTS (
  SELECT 1 FROM member
  WHERE node_id = json_extract(session.facts, '$.ownerId') AND (anonymous_id IS NULL OR revealed = 1)
);
