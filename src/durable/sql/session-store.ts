/** What a session is, its members and its state, in its object's SQLite database. */
import type { SessionFacts } from "../../domain/session/facts.ts";
import type { Member } from "../../domain/session/member.ts";
import type { MemberStore } from "../../domain/session/roster.ts";

export interface SessionState {
  version: number;
  fencingNumber: number;
  /** ms. */
  writtenAt: number;
  /** JSON text. */
  state: string;
}

/** What a session tells its members of itself. */
export interface KeptNotice {
  /** Names it to members' objects, against duplicates. */
  id: string;
  type: number;
  /** Whom it is about, by the name that the others know. */
  subject: string;
  payload?: unknown;
  /** The node that it is not for. */
  except?: string;
  /** Only for members that joined at this place or later. */
  since?: number;
  /** The only node that is woken for it, null for none. */
  wakes: string | null;
}

type MemberColumns = {
  node_id: string;
  position: number;
  joined_at: number;
  anonymous_id: string | null;
  revealed: number;
  behind_from: number | null;
  told: number;
  online: number;
  offline_since: number | null;
  deposed: number;
  added_by: string | null;
  wakes: number;
};

/** Was a session ever created in this object, and not deleted since? Asking writes nothing. */
export function hasSession(sql: SqlStorage): boolean {
  const schema = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'session'";
  return sql.exec(schema).toArray().length > 0 && sql.exec("SELECT 1 FROM session").toArray().length > 0;
}

export class SqlSessionStore {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  create(facts: SessionFacts): void {
    const { ownerHidden, json } = toColumns(facts);
    this.#sql.exec(
      "INSERT INTO session (one, session_id, owner_hidden, facts) VALUES (1, ?, ?, ?)",
      facts.sessionId,
      ownerHidden,
      json,
    );
  }

  load(): { facts: SessionFacts; seqReserved: number } {
    const row = this.#sql
      .exec<{
        seq_reserved: number;
        owner_hidden: number;
        facts: string;
      }>("SELECT seq_reserved, owner_hidden, facts FROM session")
      .one();
    const facts = JSON.parse(row.facts) as Omit<SessionFacts, "ownerHidden">;
    return { facts: { ...facts, ownerHidden: row.owner_hidden === 1 }, seqReserved: row.seq_reserved };
  }

  saveFacts(facts: SessionFacts): void {
    const { ownerHidden, json } = toColumns(facts);
    this.#sql.exec("UPDATE session SET owner_hidden = ?, facts = ?", ownerHidden, json);
  }

  reserve(upTo: number): void {
    this.#sql.exec("UPDATE session SET seq_reserved = ?", upTo);
  }

  /** Keeps a notice that must survive a crash until every member has answered for it. */
  keepNotice(seq: number, notice: KeptNotice): void {
    this.#sql.exec("INSERT INTO notice VALUES (?, ?)", seq, JSON.stringify(notice));
  }

  dropNotice(seq: number): void {
    this.#sql.exec("DELETE FROM notice WHERE seq = ?", seq);
  }

  /** In the order in which they were given. */
  notices(): { seq: number; notice: KeptNotice }[] {
    return this.#sql
      .exec<{ seq: number; notice: string }>("SELECT seq, notice FROM notice ORDER BY seq")
      .toArray()
      .map(({ seq, notice }) => ({ seq, notice: JSON.parse(notice) as KeptNotice }));
  }

  get state(): SessionState | undefined {
    return this.#sql
      .exec<{ version: number; fencing_number: number; written_at: number; state: string }>("SELECT * FROM state")
      .toArray()
      .map((row) => ({
        version: row.version,
        fencingNumber: row.fencing_number,
        writtenAt: row.written_at,
        state: row.state,
      }))[0];
  }

  putState({ version, fencingNumber, writtenAt, state }: SessionState): void {
    this.#sql.exec("INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?, ?)", version, fencingNumber, writtenAt, state);
  }
}

function toColumns({ ownerHidden, ...facts }: SessionFacts): { ownerHidden: number; json: string } {
  return { ownerHidden: ownerHidden ? 1 : 0, json: JSON.stringify(facts) };
}

export class SqlMemberStore implements MemberStore {
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
  }

  all(): Member[] {
    return this.#sql
      .exec<MemberColumns>("SELECT * FROM member")
      .toArray()
      .map(fromColumns)
      .toSorted((a, b) => a.position - b.position);
  }

  put(member: Member): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO member
       (node_id, position, joined_at, anonymous_id, revealed, behind_from, told, online, offline_since, deposed, added_by,
        wakes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      member.nodeId,
      member.position,
      member.joinedAt,
      member.anonymousId,
      member.revealed ? 1 : 0,
      member.behindFrom,
      member.told ? 1 : 0,
      member.online ? 1 : 0,
      member.offlineSince,
      member.deposed ? 1 : 0,
      member.addedBy,
      member.wakes ? 1 : 0,
    );
  }

  delete(nodeId: string): void {
    this.#sql.exec("DELETE FROM member WHERE node_id = ?", nodeId);
  }
}

function fromColumns(row: MemberColumns): Member {
  return {
    nodeId: row.node_id,
    position: row.position,
    joinedAt: row.joined_at,
    anonymousId: row.anonymous_id,
    revealed: row.revealed === 1,
    behindFrom: row.behind_from,
    told: row.told === 1,
    live: row.behind_from === null,
    online: row.online === 1,
    offlineSince: row.offline_since,
    deposed: row.deposed === 1,
    addedBy: row.added_by,
    wakes: row.wakes === 1,
    wakeFrom: 0,
  };
}
