/** The migrations of each kind of object, in order; a test holds this list against the folders. */
import client0001 from "../../../migrations/client/0001_client.sql";
import node0001 from "../../../migrations/node/0001_node.sql";
import type { Migration } from "./migrate.ts";

export const NODE_MIGRATIONS: readonly Migration[] = [{ version: 1, name: "0001_node", sql: node0001 }];

export const CLIENT_MIGRATIONS: readonly Migration[] = [{ version: 1, name: "0001_client", sql: client0001 }];
