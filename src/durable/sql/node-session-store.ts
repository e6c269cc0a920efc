/** The sessions of a node in its object's SQLite database. */

export interface NodeSession {
  readonly sessionId: string;
  /** The session wants to know whether the node is online, and what it was told last. */
  watched: boolean;
  toldOnline: boolean;
  /** The node has everything before this session_seq and may lack what follows; null where it lacks nothing. */
  unreadFrom: number | null;
}

type Columns = { session_id: string; watched: number; told_online: number; unread_from: number | null };

export class SqlNodeSessionStore {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  all(): NodeSession[] {
    return this.#sql
      .exec<Columns>("SELECT session_id, watched, told_online, unread_from FROM node_session")
      .toArray()
      .map((row) => ({
        sessionId: row.session_id,
        watched: row.watched === 1,
        toldOnline: row.told_online === 1,
        unreadFrom: row.unread_from,
      }));
  }

  put({ sessionId, watched, toldOnline, unreadFrom }: NodeSession): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO node_session (session_id, watched, told_online, unread_from) VALUES (?, ?, ?, ?)",
      sessionId,
      watched ? 1 : 0,
      toldOnline ? 1 : 0,
      unreadFrom,
    );
  }

  delete(sessionId: string): void {
    this.#sql.exec("DELETE FROM node_session WHERE session_id = ?", sessionId);
  }
}
