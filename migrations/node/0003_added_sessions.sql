-- Did another node make this one a member? Not the node itself, nor the app.
ALTER TABLE node_session ADD COLUMN by_another INTEGER NOT NULL DEFAULT 0;
