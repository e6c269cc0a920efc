-- Does the member's own object want to hear of messages that the member misses while it is away, to push for them?
ALTER TABLE member ADD COLUMN wakes INTEGER NOT NULL DEFAULT 0;
