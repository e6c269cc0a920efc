-- The node that made this one a member, where it did not do so itself: it may know who stands behind an anonymous name.
ALTER TABLE member ADD COLUMN added_by TEXT;
