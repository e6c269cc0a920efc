/** The public state of a node, put together from its parts. */
import type { Inbox } from "../domain/inbox.ts";
import type { InboxReader } from "../domain/inbox-reader.ts";
import type { Outbox } from "../domain/outbox.ts";
import type { Connection } from "./connection.ts";
import type { NodeSessions } from "./node-sessions.ts";
import type { NodeState, SessionPlace } from "./rpc.ts";
import { type NodeRecord, publicRecord } from "./sql/node-store.ts";

interface NodeParts {
  record: Readonly<NodeRecord>;
  sockets: readonly Connection[];
  outbox: Outbox;
  inbox: Inbox;
  reader: InboxReader;
  sessions: NodeSessions;
  startedAt: number;
}

export function describeNode({ record, sockets, outbox, inbox, reader, sessions, startedAt }: NodeParts): NodeState {
  const now = Date.now();
  return {
    ...publicRecord(record),
    online: sockets.length > 0,
    connections: sockets.map(({ id, mode, openedAt }) => ({
      connection_id: id,
      mode,
      connected_at: openedAt,
      unacked: outbox.unacked(id),
    })),
    sessions: { joined: sessions.size, unread: sessions.unread },
    inbox: {
      messages: inbox.count,
      bytes: inbox.bytes,
      oldest_seq: reader.page({ order: "asc", limit: 1 }, now).from_seq,
      newest_seq: reader.page({ order: "desc", limit: 1 }, now).to_seq,
    },
    counters: { since: startedAt, ...outbox.counters, inbox_rows_written: inbox.rowsWritten },
  };
}

export function listSessions(sessions: NodeSessions): SessionPlace[] {
  return [...sessions]
    .map(({ sessionId, unreadFrom }) => ({ session_id: sessionId, unread_from: unreadFrom }))
    .toSorted((a, b) => (a.session_id < b.session_id ? -1 : 1));
}
