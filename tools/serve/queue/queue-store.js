/**
 * The messages of one queue and those that it gave up, in the SQLite of its object. Knows no clock and delivers nothing. Times are ms
 * since the epoch.
 */

/** As long as Cloudflare keeps what nobody consumes, and no more than a disk will bear. */
const DEAD_KEPT_MS = 4 * 86_400_000;
const DEAD_KEPT_ROWS = 10_000;

export class QueueStore {
  #sql;
  /** Of the rows in `messages`: counted once, then kept, since every send is told them. */
  #count;
  #bytes;

  constructor(sql) {
    this.#sql = sql;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS messages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        -- Attempts that were answered with a failure. One that ends with the process counts for nothing.
        failures INTEGER NOT NULL DEFAULT 0,
        content_type TEXT NOT NULL,
        body BLOB NOT NULL
      );
      CREATE INDEX IF NOT EXISTS messages_due ON messages (due_at, seq);
      CREATE TABLE IF NOT EXISTS dead (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        queue TEXT NOT NULL,
        id TEXT NOT NULL,
        sent_at INTEGER NOT NULL,
        died_at INTEGER NOT NULL,
        failures INTEGER NOT NULL,
        content_type TEXT NOT NULL,
        body BLOB NOT NULL
      );
    `);
    const { count, bytes } = sql.exec("SELECT count(*) AS count, total(length(body)) AS bytes FROM messages").one();
    this.#count = count;
    this.#bytes = bytes;
  }

  add(messages, now) {
    for (const { contentType, delaySeconds, body } of messages) {
      const id = crypto.randomUUID().replaceAll("-", "");
      this.#sql.exec(
        "INSERT INTO messages (id, sent_at, due_at, content_type, body) VALUES (?, ?, ?, ?, ?)",
        id,
        now,
        now + delaySeconds * 1_000,
        contentType,
        body,
      );
      this.#count += 1;
      this.#bytes += body.byteLength;
    }
  }

  metrics() {
    const oldest = this.#sql.exec("SELECT sent_at FROM messages ORDER BY seq LIMIT 1").toArray()[0];
    return {
      backlogCount: this.#count,
      backlogBytes: this.#bytes,
      ...(oldest && { oldestMessageTimestamp: oldest.sent_at }),
    };
  }

  /** The first `limit` of those whose `seq` is not in `taken`, by when they are due: `{ seq, due_at }`. */
  next(limit, taken) {
    const rows = this.#sql.exec("SELECT seq, due_at FROM messages ORDER BY due_at, seq LIMIT ?", limit + taken.size);
    return rows
      .toArray()
      .filter(({ seq }) => !taken.has(seq))
      .slice(0, limit);
  }

  /** One message whole, as it is delivered. */
  read(seq) {
    const row = this.#sql.exec("SELECT * FROM messages WHERE seq = ?", seq).one();
    return {
      seq,
      id: row.id,
      timestamp: new Date(row.sent_at),
      attempts: row.failures + 1,
      contentType: row.content_type,
      body: row.body,
    };
  }

  remove({ seq, body }) {
    this.#sql.exec("DELETE FROM messages WHERE seq = ?", seq);
    this.#count -= 1;
    this.#bytes -= body.byteLength;
  }

  postpone({ seq }, dueAt) {
    this.#sql.exec("UPDATE messages SET failures = failures + 1, due_at = ? WHERE seq = ?", dueAt, seq);
  }

  /** From the queue to the dead letters of `queue`. */
  bury(message, queue, now) {
    this.#sql.exec(
      `INSERT INTO dead (queue, id, sent_at, died_at, failures, content_type, body)
        SELECT ?, id, sent_at, ?, failures + 1, content_type, body FROM messages WHERE seq = ?`,
      queue,
      now,
      message.seq,
    );
    this.remove(message);
    this.#sql.exec("DELETE FROM dead WHERE seq <= (SELECT max(seq) FROM dead) - ?", DEAD_KEPT_ROWS);
  }

  forgetDead(now) {
    this.#sql.exec("DELETE FROM dead WHERE died_at <= ?", now - DEAD_KEPT_MS);
  }

  /** When the oldest dead letter has been kept long enough; undefined where there is none. */
  deadUntil() {
    const oldest = this.#sql.exec("SELECT died_at FROM dead ORDER BY seq LIMIT 1").toArray()[0];
    return oldest && oldest.died_at + DEAD_KEPT_MS;
  }
}
