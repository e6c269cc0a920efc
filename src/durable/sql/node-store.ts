/** What a node is, in its object's SQLite database: one row, read once and kept in memory. */
import { LIMITS } from "../../protocol/limits.ts";
import type { OutboxNotes } from "../../domain/outbox.ts";

export interface NodeRecord {
  nodeId: string;
  epoch: string;
  seqReserved: number;
  clientId: string | null;
  clientRegistered: string | null;
  addr: string | null;
  gcmKey: string | null;
  isAppNode: boolean;
  firstSeenAt: number | null;
  revokedAt: number | null;
  readSeq: number;
  sharedTo: number;
}

type Columns = {
  node_id: string;
  epoch: string;
  seq_reserved: number;
  client_id: string | null;
  client_registered: string | null;
  addr: string | null;
  gcm_key: string | null;
  is_app_node: number;
  first_seen_at: number | null;
  revoked_at: number | null;
  read_seq: number;
  shared_to: number;
};

export class NodeStore {
  readonly #sql: SqlStorage;
  #record: NodeRecord;
  #stored: boolean;

  /** `fresh` is what the node is until something has to be written. */
  constructor(storage: DurableObjectStorage, fresh: { nodeId: string; epoch: string }) {
    this.#sql = storage.sql;
    const row = this.#sql.exec<Columns>("SELECT * FROM node").toArray()[0];
    this.#stored = row !== undefined;
    this.#record = row === undefined ? blank(fresh) : fromColumns(row);
  }

  get record(): Readonly<NodeRecord> {
    return this.#record;
  }

  /** Writes what differs; nothing where nothing does. */
  update(change: Partial<NodeRecord>): void {
    const keys = Object.keys(change) as (keyof NodeRecord)[];
    if (this.#stored && keys.every((key) => change[key] === this.#record[key])) return;
    const next = { ...this.#record, ...change };
    this.#sql.exec(
      "INSERT OR REPLACE INTO node VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      next.nodeId,
      next.epoch,
      next.seqReserved,
      next.clientId,
      next.clientRegistered,
      next.addr,
      next.gcmKey,
      next.isAppNode ? 1 : 0,
      next.firstSeenAt,
      next.revokedAt,
      next.readSeq,
      next.sharedTo,
    );
    this.#record = next;
    this.#stored = true;
  }

  /**
   * Marks a validation key as used; false where it already was. Forgets those that expired anyway: not at once, since the
   * Worker that checks the expiry goes by a clock of its own, which may lag behind this one.
   */
  useValidationKey(id: string, expiresAt: number, now: number): boolean {
    if (this.#sql.exec("SELECT 1 FROM used_validation_key WHERE id = ?", id).toArray().length > 0) return false;
    this.#sql.exec("DELETE FROM used_validation_key WHERE expires_at < ?", now - LIMITS.clockSkewMs);
    this.#sql.exec("INSERT INTO used_validation_key VALUES (?, ?)", id, expiresAt);
    return true;
  }
}

function blank({ nodeId, epoch }: { nodeId: string; epoch: string }): NodeRecord {
  return {
    nodeId,
    epoch,
    seqReserved: 0,
    clientId: null,
    clientRegistered: null,
    addr: null,
    gcmKey: null,
    isAppNode: false,
    firstSeenAt: null,
    revokedAt: null,
    readSeq: 0,
    sharedTo: 0,
  };
}

function fromColumns(row: Columns): NodeRecord {
  return {
    nodeId: row.node_id,
    epoch: row.epoch,
    seqReserved: row.seq_reserved,
    clientId: row.client_id,
    clientRegistered: row.client_registered,
    addr: row.addr,
    gcmKey: row.gcm_key,
    isAppNode: row.is_app_node === 1,
    firstSeenAt: row.first_seen_at,
    revokedAt: row.revoked_at,
    readSeq: row.read_seq,
    sharedTo: row.shared_to,
  };
}

/**
 * What the outbox has to remember, in the node's record. `wasAsleep`: the sockets of an earlier life are still open where it
 * was only put to sleep; then nothing is uncertain.
 */
export function outboxNotes(store: NodeStore, wasAsleep: boolean): OutboxNotes {
  return {
    get readSeq() {
      return store.record.readSeq;
    },
    get sharedTo() {
      return wasAsleep ? 0 : store.record.sharedTo;
    },
    set sharedTo(sharedTo) {
      store.update({ sharedTo });
    },
  };
}

/** What others may know of a node. */
export function publicRecord(record: Readonly<NodeRecord>) {
  return {
    node_id: record.nodeId,
    registered: record.firstSeenAt !== null,
    client_id: record.clientId,
    addr: record.addr,
    is_app_node: record.isAppNode,
    epoch: record.epoch,
    first_seen_at: record.firstSeenAt,
    revoked_at: record.revokedAt,
  };
}
