/** The inbox of one node in its object's SQLite database. */
import { Inbox, type InboxRow, type InboxStore } from "../../domain/inbox.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Gap, GapReason } from "../../protocol/frames.ts";

type Columns = { id: number; seq_to: number; count: number; bytes: number; expires_at: number; messages: string };

export class SqlInboxStore implements InboxStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  transaction<T>(callback: () => T): T {
    return this.#storage.transactionSync(callback);
  }

  summary(): { count: number; bytes: number; nextExpiry: number | undefined } {
    const row = this.#sql
      .exec<{ count: number | null; bytes: number | null; next: number | null }>(
        "SELECT sum(count) AS count, sum(bytes) AS bytes, min(expires_at) AS next FROM inbox",
      )
      .one();
    return { count: row.count ?? 0, bytes: row.bytes ?? 0, nextExpiry: row.next ?? undefined };
  }

  insert(row: InboxRow): void {
    this.#sql.exec(
      "INSERT INTO inbox (id, seq_to, count, bytes, expires_at, messages) VALUES (?, ?, ?, ?, ?, ?)",
      row.id,
      row.seqTo,
      row.count,
      row.bytes,
      row.expiresAt,
      row.messages,
    );
  }

  delete(id: number): void {
    this.#sql.exec("DELETE FROM inbox WHERE id = ?", id);
  }

  rowAt(seq: number): InboxRow | undefined {
    // Rows do not overlap, so only the last one that starts before can reach past.
    return this.#row(
      `SELECT * FROM inbox WHERE id >= coalesce((SELECT max(id) FROM inbox WHERE id <= ?1), 0) AND seq_to >= ?1
       ORDER BY id LIMIT 1`,
      seq,
    );
  }

  rowBefore(seq: number): InboxRow | undefined {
    return this.#row("SELECT * FROM inbox WHERE id <= ? ORDER BY id DESC LIMIT 1", seq);
  }

  takeExpired(now: number): { from: number; to: number; count: number; bytes: number }[] {
    return this.#sql
      .exec<{ from: number; to: number; count: number; bytes: number }>(
        'DELETE FROM inbox WHERE expires_at <= ? RETURNING id AS "from", seq_to AS "to", count, bytes',
        now,
      )
      .toArray()
      .toSorted((a, b) => a.from - b.from);
  }

  gaps(): Gap[] {
    return this.#sql
      .exec<{ from_seq: number; to_seq: number; reason: GapReason }>("SELECT * FROM gap ORDER BY from_seq")
      .toArray();
  }

  putGap({ from_seq, to_seq, reason }: Gap): void {
    this.#sql.exec("INSERT OR REPLACE INTO gap (from_seq, to_seq, reason) VALUES (?, ?, ?)", from_seq, to_seq, reason);
  }

  deleteGap(fromSeq: number): void {
    this.#sql.exec("DELETE FROM gap WHERE from_seq = ?", fromSeq);
  }

  collapseSeq(key: string): number | undefined {
    return this.#sql.exec<{ seq: number }>("SELECT seq FROM collapse WHERE key = ?", key).toArray()[0]?.seq;
  }

  setCollapseSeq(key: string, seq: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO collapse (key, seq) VALUES (?, ?)", key, seq);
  }

  deleteCollapse(key: string): void {
    this.#sql.exec("DELETE FROM collapse WHERE key = ?", key);
  }

  collapseKeys(): { key: string; seq: number }[] {
    return this.#sql.exec<{ key: string; seq: number }>("SELECT key, seq FROM collapse").toArray();
  }

  clearCollapse(): void {
    this.#sql.exec("DELETE FROM collapse");
  }

  #row(query: string, seq: number): InboxRow | undefined {
    const row = this.#sql.exec<Columns>(query, seq).toArray()[0];
    return row && { ...row, seqTo: row.seq_to, expiresAt: row.expires_at };
  }
}

/** The inbox that this storage holds. */
export function openInbox(storage: DurableObjectStorage): Inbox {
  return new Inbox(new SqlInboxStore(storage), {
    messages: LIMITS.inboxMessages,
    bytes: LIMITS.inboxBytes,
    ttlMs: LIMITS.inboxTtlMs,
    rowMessages: LIMITS.inboxRowMessages,
    rowBytes: LIMITS.inboxRowBytes,
  });
}
