/** The sessions of a node in its object's SQLite database. */

export interface NodeSession {
  readonly sessionId: string;
  /** The session wants to know whether the node is online, and what it was told last. */
  watched: boolean;
  toldOnline: boolean;
  /** The node has everything before this session_seq and may lack what follows; null where it lacks nothing. */
  unreadFrom: number | null;
  /** Another node made this one a member: not the node itself, nor the app. */
  byAnother: boolean;
  /** The session was told that the node wants to be woken for what it misses. */
  toldWakes: boolean;
}

type Columns = {
  session_id: string;
  watched: number;
  told_online: number;
  unread_from: number | null;
  by_another: number;
  told_wakes: number;
};

export class SqlNodeSessionStore {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  all(): NodeSession[] {
    return this.#sql
      .exec<Columns>("SELECT * FROM node_session")
      .toArray()
      .map((row) => ({
        sessionId: row.session_id,
        watched: row.watched === 1,
        toldOnline: row.told_online === 1,
        unreadFrom: row.unread_from,
        byAnother: row.by_another === 1,
        toldWakes: row.told_wakes === 1,
      }));
  }

  put({ sessionId, watched, toldOnline, unreadFrom, byAnother, toldWakes }: NodeSession): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO node_session (session_id, watched, told_online, unread_from, by_another, told_wakes)
       VALUES (?, ?, ?, ?, ?, ?)`,
      sessionId,
      watched ? 1 : 0,
      toldOnline ? 1 : 0,
      unreadFrom,
      byAnother ? 1 : 0,
      toldWakes ? 1 : 0,
    );
  }

  delete(sessionId: string): void {
    this.#sql.exec("DELETE FROM node_session WHERE session_id = ?", sessionId);
  }
}
