/** The migrations of each kind of object, in order; a test holds this list against the folders. */
import client0001 from "../../../migrations/client/0001_client.sql";
import node0001 from "../../../migrations/node/0001_node.sql";
import node0002 from "../../../migrations/node/0002_sessions.sql";
import node0003 from "../../../migrations/node/0003_added_sessions.sql";
import node0004 from "../../../migrations/node/0004_session_wakes.sql";
import node0005 from "../../../migrations/node/0005_push.sql";
import session0001 from "../../../migrations/session/0001_session.sql";
import session0002 from "../../../migrations/session/0002_added_by.sql";
import session0003 from "../../../migrations/session/0003_owner_hidden.sql";
import session0004 from "../../../migrations/session/0004_wakes.sql";
import type { Migration } from "./migrate.ts";

export const NODE_MIGRATIONS: readonly Migration[] = [
  { version: 1, name: "0001_node", sql: node0001 },
  { version: 2, name: "0002_sessions", sql: node0002 },
  { version: 3, name: "0003_added_sessions", sql: node0003 },
  { version: 4, name: "0004_session_wakes", sql: node0004 },
  { version: 5, name: "0005_push", sql: node0005 },
];

export const CLIENT_MIGRATIONS: readonly Migration[] = [{ version: 1, name: "0001_client", sql: client0001 }];

export const SESSION_MIGRATIONS: readonly Migration[] = [
  { version: 1, name: "0001_session", sql: session0001 },
  { version: 2, name: "0002_added_by", sql: session0002 },
  { version: 3, name: "0003_owner_hidden", sql: session0003 },
  { version: 4, name: "0004_wakes", sql: session0004 },
];
