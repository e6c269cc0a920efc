/** A session's storage over real SQL and the real schema, and its parts, as a life of its object would hold them. */
import { decodeLogRow } from "../../../src/domain/session/log-row.ts";
import type { SessionFacts } from "../../../src/domain/session/facts.ts";
import type { Member } from "../../../src/domain/session/member.ts";
import { Roster } from "../../../src/domain/session/roster.ts";
import {
  type LogEntry,
  type LogItem,
  type LogLimits,
  type Retention,
  SessionLog,
} from "../../../src/domain/session/session-log.ts";
import { SqlLogStore } from "../../../src/durable/sql/session-log-store.ts";
import { SqlMemberStore, SqlSessionStore } from "../../../src/durable/sql/session-store.ts";
import { sessionStorage } from "../../support/sql-storage.ts";

export const T = 1_700_000_000_000;
export const DAY = 86_400_000;

export const LOG_LIMITS: LogLimits = {
  messages: 1_000,
  bytes: 1_000_000,
  ttlMs: 30 * DAY,
  rowMessages: 4,
  rowBytes: 10_000,
};

export const NO_HISTORY: Retention = { messages: 0, ms: 0 };

export function facts(change: Partial<SessionFacts> = {}): SessionFacts {
  return {
    sessionId: "s",
    ownerId: "a",
    ownerHidden: false,
    type: 0,
    anyoneCanJoin: true,
    notifyLast: null,
    presence: false,
    historyMessages: 0,
    historyMinutes: 0,
    createdAt: T,
    pinnedMasterId: null,
    masterId: null,
    fencingNumber: 0,
    closedAt: null,
    ...change,
  };
}

export function storedSession({
  limits = {},
  retention = NO_HISTORY,
}: { limits?: Partial<LogLimits>; retention?: Retention } = {}) {
  const storage = sessionStorage();
  new SqlSessionStore(storage).create(facts());
  const log = () => new SessionLog(new SqlLogStore(storage), { ...LOG_LIMITS, ...limits }, retention);
  const roster = () => new Roster(new SqlMemberStore(storage));
  /** The seqs of each row. */
  const rows = () =>
    storage.sql
      .exec<{ messages: string }>("SELECT messages FROM log ORDER BY id")
      .toArray()
      .map((row) => decodeLogRow(row).map(({ seq }) => seq));
  return { storage, log: log(), roster: roster(), restartLog: log, restartRoster: roster, rows };
}

export function entry(seq: number, change: Partial<LogEntry> = {}): LogEntry {
  return { seq, id: `a\nm${seq}`, tail: `"id":"m${seq}"}`, expiresAt: 0, ...change };
}

export function entries(...seqs: number[]): LogEntry[] {
  return seqs.map((seq) => entry(seq));
}

/** Items in short: 3 for a message, "gap 4-5 ttl". */
export function story(items: readonly LogItem[]): (number | string)[] {
  return items.map((item) => ("gapTo" in item ? `gap ${item.gapFrom}-${item.gapTo} ${item.reason}` : item.seq));
}

/** A member that was added just now; throws where it is refused. */
export function added(roster: Roster, nodeId: string, anonymousId: string | null = null, behindFrom = 1): Member {
  const member = roster.add({ nodeId, anonymousId, behindFrom }, T);
  if (typeof member === "string") throw new Error(member);
  return member;
}
