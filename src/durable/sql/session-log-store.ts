/** The log of a session in its object's SQLite database. */
import type { LogRow, LogStore } from "../../domain/session/session-log.ts";
import type { GapReason } from "../../protocol/frames.ts";

type Columns = { id: number; seq_to: number; count: number; bytes: number; written_at: number; messages: string };

export class SqlLogStore implements LogStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  #trimmed: { to: number; why: GapReason };

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
    const row = this.#sql
      .exec<{ trimmed_to: number; trimmed_why: GapReason }>("SELECT trimmed_to, trimmed_why FROM session")
      .one();
    this.#trimmed = { to: row.trimmed_to, why: row.trimmed_why };
  }

  get trimmed(): { to: number; why: GapReason } {
    return this.#trimmed;
  }

  set trimmed(trimmed: { to: number; why: GapReason }) {
    this.#sql.exec("UPDATE session SET trimmed_to = ?, trimmed_why = ?", trimmed.to, trimmed.why);
    this.#trimmed = trimmed;
  }

  transaction<T>(callback: () => T): T {
    return this.#storage.transactionSync(callback);
  }

  insert({ id, seqTo, count, bytes, writtenAt, messages }: LogRow): void {
    this.#sql.exec("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", id, seqTo, count, bytes, writtenAt, messages);
  }

  delete(id: number): void {
    this.#sql.exec("DELETE FROM log WHERE id = ?", id);
  }

  rowAt(seq: number): LogRow | undefined {
    // Rows do not overlap, so only the last one that starts before can reach past.
    return this.#row(
      `SELECT * FROM log WHERE id >= coalesce((SELECT max(id) FROM log WHERE id <= ?1), 0) AND seq_to >= ?1
       ORDER BY id LIMIT 1`,
      seq,
    );
  }

  rowBefore(seq: number): LogRow | undefined {
    return this.#row("SELECT * FROM log WHERE id <= ? ORDER BY id DESC LIMIT 1", seq);
  }

  summary(): { count: number; bytes: number } {
    const query = "SELECT coalesce(sum(count), 0) AS count, coalesce(sum(bytes), 0) AS bytes FROM log";
    return this.#sql.exec<{ count: number; bytes: number }>(query).one();
  }

  #row(query: string, seq: number): LogRow | undefined {
    const row = this.#sql.exec<Columns>(query, seq).toArray()[0];
    return row && { ...row, seqTo: row.seq_to, writtenAt: row.written_at };
  }
}
