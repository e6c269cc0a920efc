/** What a node's object remembers of its pushes, in its SQLite database. */
import type { PushMemory } from "../../domain/push/schedule.ts";
import type { PushTarget } from "../../domain/push/target.ts";
import type { Waiting } from "../../domain/push/wording.ts";

export interface StoredTarget {
  /** Tells it from all others that the node has or had. */
  id: string;
  target: PushTarget;
  /** ms. */
  addedAt: number;
}

/** The push that is under way. */
export interface PushJob {
  /** A UUID. */
  id: string;
  waiting: Waiting;
  /** The node has everything before this seq. */
  fromSeq: number;
  /** The queue has confirmed that it has the job. */
  queued: boolean;
  /** Targets that need not be called any more, by id. */
  done: string[];
}

/** Something of a session waits; `pushed`: a push stood for it. */
export interface SessionWaiting {
  waiting: Waiting;
  pushed: boolean;
}

type TargetColumns = { id: string; target: string; added_at: number };
type PushColumns = { due_at: number | null; pushed_at: number; pushed_to: number; online: number };
type SessionColumns = { session_id: string; waiting: string; pushed: number };

export class PushStore {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  /** Oldest first. */
  targets(): StoredTarget[] {
    const rows = this.#sql
      .exec<TargetColumns>("SELECT id, target, added_at FROM push_target ORDER BY added_at, id")
      .toArray();
    return rows.map(({ id, target, added_at }) => ({
      id,
      target: JSON.parse(target) as PushTarget,
      addedAt: added_at,
    }));
  }

  saveTarget({ id, target, addedAt }: StoredTarget): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO push_target (id, target, added_at) VALUES (?, ?, ?)",
      id,
      JSON.stringify(target),
      addedAt,
    );
  }

  removeTarget(id: string): void {
    this.#sql.exec("DELETE FROM push_target WHERE id = ?", id);
  }

  memory(): PushMemory | undefined {
    const [row] = this.#sql.exec<PushColumns>("SELECT due_at, pushed_at, pushed_to, online FROM push").toArray();
    if (row === undefined) return undefined;
    return { dueAt: row.due_at, pushedAt: row.pushed_at, pushedTo: row.pushed_to, online: row.online === 1 };
  }

  saveMemory({ dueAt, pushedAt, pushedTo, online }: PushMemory): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO push (one, due_at, pushed_at, pushed_to, online) VALUES (1, ?, ?, ?, ?)",
      dueAt,
      pushedAt,
      pushedTo,
      online ? 1 : 0,
    );
  }

  job(): PushJob | undefined {
    const [row] = this.#sql.exec<{ job: string }>("SELECT job FROM push_job").toArray();
    return row && (JSON.parse(row.job) as PushJob);
  }

  saveJob(job: PushJob): void {
    this.#sql.exec("INSERT OR REPLACE INTO push_job (one, job) VALUES (1, ?)", JSON.stringify(job));
  }

  dropJob(): void {
    this.#sql.exec("DELETE FROM push_job");
  }

  sessions(): Map<string, SessionWaiting> {
    const rows = this.#sql.exec<SessionColumns>("SELECT session_id, waiting, pushed FROM push_session").toArray();
    return new Map(
      rows.map((row) => [row.session_id, { waiting: JSON.parse(row.waiting) as Waiting, pushed: row.pushed === 1 }]),
    );
  }

  saveSession(sessionId: string, { waiting, pushed }: SessionWaiting): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO push_session (session_id, waiting, pushed) VALUES (?, ?, ?)",
      sessionId,
      JSON.stringify(waiting),
      pushed ? 1 : 0,
    );
  }

  dropSession(sessionId: string): void {
    this.#sql.exec("DELETE FROM push_session WHERE session_id = ?", sessionId);
  }
}
