/** An inbox over real SQL and the real schema, and what is needed to look into it. */
import { Inbox, type InboxLimits, type NewMessage } from "../../../src/domain/inbox.ts";
import type { StoredMessage } from "../../../src/domain/inbox-row.ts";
import { stamped, stampPrefix } from "../../../src/domain/stamp.ts";
import { SqlInboxStore } from "../../../src/durable/sql/inbox-store.ts";
import { nodeStorage } from "../../support/sql-storage.ts";

export const T = 1_700_000_000_000;
export const DAY = 86_400_000;

export const INBOX_LIMITS: InboxLimits = {
  messages: 1_000,
  bytes: 1_000_000,
  ttlMs: 30 * DAY,
  rowMessages: 4,
  rowBytes: 10_000,
};

const PREFIX = stampPrefix({ srcId: "a", srcClientId: undefined });

/** A message as the outbox would store it, stamped `at`. */
export function stored(seq: number, change: Partial<NewMessage> & { at?: number; src?: string } = {}): NewMessage {
  const { at = T, src, ...rest } = change;
  const prefix = src === undefined ? PREFIX : stampPrefix({ srcId: src, srcClientId: undefined });
  return { seq, expiresAt: 0, tail: stamped(prefix, at, `{"id":"m${seq}"}`), collapse: undefined, ...rest };
}

export const never = () => false;
export const always = () => true;

export function storedInbox(limits: Partial<InboxLimits> = {}) {
  const storage = nodeStorage();
  const start = () => new Inbox(new SqlInboxStore(storage), { ...INBOX_LIMITS, ...limits });
  return { storage, inbox: start(), restart: start };
}

/** All messages, row by row. */
export function rowsOf(inbox: Inbox): StoredMessage[][] {
  return [...inbox.scan(0, "asc")];
}

export function seqsOf(inbox: Inbox): number[][] {
  return rowsOf(inbox).map((row) => row.map(({ seq }) => seq));
}

/** Appends messages with these seqs, each call a batch of its own. */
export function fill(inbox: Inbox, ...batches: number[][]): void {
  for (const seqs of batches)
    inbox.append(
      seqs.map((seq) => stored(seq)),
      T,
      never,
    );
}
