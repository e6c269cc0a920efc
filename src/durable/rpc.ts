/**
 * What the objects answer to the Worker and to each other. Expected refusals are values, never
 * exceptions: error classes and their fields do not survive RPC.
 */
import type { ErrorCode } from "../protocol/errors.ts";
import type { Page as InboxPage, PageQuery as InboxQuery } from "../domain/inbox-reader.ts";
import type { PushKind, PushTarget } from "../domain/push/target.ts";
import type { PushTask, PushToSend, TargetOutcome } from "../domain/push/task.ts";
import type { StoredTarget } from "./sql/push-store.ts";
import type { LaneAnswer, LaneBatch } from "../domain/lane.ts";
import type { SessionWake } from "../domain/push/session-wake.ts";

/** Who a verified auth_key says the caller is; issuedAt in ms, 0 where the key does not say. */
export interface Caller {
  nodeId: string;
  clientId?: string;
  app: boolean;
  issuedAt: number;
}

/** A destination that takes batches of a lane: a node or a client. */
export interface LaneTarget {
  deliver(batch: LaneBatch): Promise<LaneAnswer>;
}

/** The public state of a node, as `GET /v1/nodes/{id}` answers it. */
export interface NodeState {
  node_id: string;
  registered: boolean;
  client_id: string | null;
  addr: string | null;
  is_app_node: boolean;
  epoch: string;
  first_seen_at: number | null;
  revoked_at: number | null;
  online: boolean;
  connections: { connection_id: string; mode: "v1" | "classic"; connected_at: number; unacked: number }[];
  /** Sessions that it is in, and of how many of them it has yet to fetch something. */
  sessions: { joined: number; unread: number };
  inbox: { messages: number; bytes: number; oldest_seq: number | null; newest_seq: number | null };
  /** Counted since this object was last started, for tests and operators. */
  counters: { since: number; received: number; delivered: number; stored: number; inbox_rows_written: number };
}

/** A session that a node is in, and the first session_seq of it that the node lacks, or null. */
export interface SessionPlace {
  session_id: string;
  unread_from: number | null;
}

export type { Page as InboxPage, PageQuery as InboxQuery } from "../domain/inbox-reader.ts";

/** The outcome of one message for one node. */
export type SendOutcome =
  | { status: "delivered" | "stored" | "queued" | "dropped" }
  | { status: "refused"; code: ErrorCode };

/** What a session tells of a node that is its member now. */
export interface SessionJoined {
  /** The session wants to know whether the node is online. */
  watched: boolean;
  /** Who asked for this, as their key says, where that was not the app. */
  by?: "itself" | "another";
  /** It was none before: what its object knows of an earlier membership does not count. */
  isNew?: boolean;
  /** Where what the node is to catch up with begins, if there is anything. */
  lacksFrom?: number;
  /** The session_seq from which on the node is a member. */
  from: number;
}

export interface NodeRpc extends LaneTarget {
  /** Is a key of this caller still good (not older than the last revocation)? Writes nothing, but that an app node was seen. */
  admit(caller: Caller): Promise<{ ok: true } | { ok: false; code: ErrorCode }>;
  describe(): Promise<NodeState>;
  /** By session_id. */
  listSessions(): Promise<SessionPlace[]>;
  readInbox(query: InboxQuery): Promise<InboxPage & { epoch: string }>;
  /** Cumulative ack of the inbox without a socket; answers how many messages it removed. */
  acknowledge(seq: number): Promise<{ removed: number }>;
  revoke(): Promise<{ revoked_at: number; closed_connections: number }>;
  /** Sets what is given; null clears. Registers the node if it was never seen. */
  assign(change: {
    clientId?: string | null;
    addr?: string | null;
  }): Promise<{ ok: true; state: NodeState } | { ok: false; code: ErrorCode }>;
  /** Registers a way to wake the node; undefined where it has as many as it may have. */
  addPushTarget(target: PushTarget): Promise<StoredTarget | undefined>;
  /** Removes those of a kind, or the one among them with this token (endpoint, URL) or id. */
  removePushTargets(kind: PushKind, which: { name?: string; id?: string }): Promise<{ removed: number }>;
  /** Secrets and all. */
  pushTargets(): Promise<readonly StoredTarget[]>;
  /** A push to try the targets with; undefined where one was tried a moment ago. */
  testPush(): Promise<PushToSend | undefined>;
  /** The queue's consumer asks what to do about a job. */
  pushTask(jobId: string): Promise<PushTask>;
  /** What became of calls to targets, for a job or (undefined) for a test. */
  pushSettled(jobId: string | undefined, outcomes: readonly TargetOutcome[]): Promise<void>;
  /** Sends one message (a JSON object without destination) from this node to each target, in order. */
  publish(caller: Caller, targets: string[], message: string): Promise<SendOutcome[]>;
}

/**
 * What a node answers where it is a member. `isBehind`: it has noted a place from which it will catch up. `wakes`: it wants to
 * be woken for what it misses.
 */
export type JoinAnswer =
  | { ok: true; isOnline: boolean; isBehind: boolean; wakes: boolean }
  | { ok: false; code: ErrorCode };

/** What sessions tell the objects of their members. */
export interface MemberRpc {
  sessionJoined(sessionId: string, joined: SessionJoined): Promise<JoinAnswer>;
  /**
   * There is a message that the node lacks, in a session that does not call it. Answers from when on it wants to hear of
   * another, ms; null where it wants to hear of none.
   */
  wake(sessionId: string, wake: SessionWake): Promise<{ nextAt: number | null }>;
  /** `notice`: tells the node, as a message, where it did not ask for it. */
  sessionLeft(sessionId: string, notice: string | undefined): Promise<void>;
  isOnline(): Promise<boolean>;
}

export interface ClientRpc extends LaneTarget {
  /** Counts the node among this client's; `ok` is false where it has too many. */
  addNode(nodeId: string): Promise<{ ok: boolean }>;
  removeNode(nodeId: string): Promise<void>;
}
