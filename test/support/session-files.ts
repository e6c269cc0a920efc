/** Looks into the storage of a stopped edge for what sessions keep, past everything that the edge says of itself. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface SessionFiles {
  /** Databases of sessions. */
  sessions: number;
  /** Rows of their logs, and the messages in those. */
  logRows: number;
  logMessages: number;
  /** Members whose sessions believe that they lack something. */
  behind: number;
  /** Memberships of nodes, and those in which they believe themselves to lack something. */
  memberships: number;
  unread: number;
}

const OF_SESSIONS = `SELECT count(*) AS logRows, coalesce(sum(count), 0) AS logMessages,
  (SELECT count(*) FROM member WHERE behind_from IS NOT NULL) AS behind FROM log`;
const OF_NODES = "SELECT count(*) AS memberships, count(unread_from) AS unread FROM node_session";

/** Sums up every SQLite file below `directory`. */
export async function readSessionFiles(directory: string): Promise<SessionFiles> {
  const found: SessionFiles = { sessions: 0, logRows: 0, logMessages: 0, behind: 0, memberships: 0, unread: 0 };
  for (const entry of await readdir(directory, { recursive: true })) {
    if (!entry.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(join(directory, entry));
    try {
      const has = (table: string): boolean =>
        database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined;
      const isSession = has("member");
      if (isSession) found.sessions += 1;
      if (!isSession && !has("node_session")) continue;
      const row = database.prepare(isSession ? OF_SESSIONS : OF_NODES).get()!;
      for (const [name, value] of Object.entries(row)) found[name as keyof SessionFiles] += Number(value);
    } finally {
      database.close();
    }
  }
  return found;
}

/**
 * Adds members to the only session below `directory`, as if they had never been online: what one machine cannot hold
 * open at a time, a database for each, is many machines' in production.
 */
export async function addOfflineMembers(directory: string, nodeIds: readonly string[]): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true })) {
    if (!entry.endsWith(".sqlite")) continue;
    const database = new DatabaseSync(join(directory, entry));
    try {
      if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'member'").get() === undefined) continue;
      const last = database.prepare("SELECT max(position) AS position FROM member").get()!;
      const insert = database.prepare(
        "INSERT INTO member (node_id, position, joined_at, behind_from) VALUES (?, ?, ?, 1)",
      );
      database.exec("BEGIN");
      nodeIds.forEach((nodeId, i) => insert.run(nodeId, Number(last["position"]) + 1 + i, Date.now()));
      database.exec("COMMIT");
      return;
    } finally {
      database.close();
    }
  }
  throw new Error(`no session below ${directory}`);
}
