/** What a SessionObject answers to the Worker and to the objects of nodes. Refusals are values, as in rpc.ts. */
import type { LaneMessage } from "../domain/lane.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import type { SessionInfo } from "../protocol/session-info.ts";
import type { Caller, LaneTarget, SendOutcome } from "./rpc.ts";

export type Refusal = { ok: false; code: ErrorCode; detail?: string };

export type Answer<T> = { ok: true; value: T } | Refusal;

/** What a session is created as; see domain/session/facts.ts. */
export interface CreateRequest {
  isAnonymous: boolean;
  anyoneCanJoin: boolean;
  type: 0 | 1;
  pinnedMasterId?: string;
  notifyLast: number | null;
  presence: boolean;
  historyMessages: number;
  historyMinutes: number;
  /** Given by app nodes: who is a member from the start; without it the creator alone. */
  members?: { nodeId: string; anonymousId: string | null }[];
}

export interface Created {
  /** False where the caller's session was there already: nothing of it was changed. */
  isNew: boolean;
  info: SessionInfo;
}

export interface JoinRequest {
  /** Whom to make a member; the caller by default. */
  nodeId?: string;
  isAnonymous: boolean;
  anonymousId?: string;
}

/** `[node_id, anonymous_id]`, as the original answers. */
export type Membership = [nodeId: string, anonymousId: string | null];

export interface HistoryQuery {
  fromSeq?: number;
  toSeq?: number;
  limit: number;
  order: "asc" | "desc";
}

export interface HistoryPage {
  /** JSON text, each with its session_seq. */
  messages: string[];
  from: number | null;
  to: number | null;
  more: boolean;
}

export interface StateAnswer {
  /** JSON text; undefined where nothing was written yet. */
  state: string | undefined;
  version: number;
  fencingNumber: number;
  writtenAt: number | null;
}

/**
 * What a member lacks `from` a session_seq on: messages in order, and where to go on. `live`: what follows comes by calls.
 * Where `from` is not what it asked for, there are none, and it is to ask again from there.
 */
export type CatchUpPage =
  | { gone: true }
  | { gone: false; from: number; messages: LaneMessage[]; next: number; live: boolean };

export interface SessionRpc extends LaneTarget {
  create(caller: Caller, request: CreateRequest): Promise<Answer<Created>>;
  join(caller: Caller, request: JoinRequest): Promise<Answer<Membership>>;
  /** `name` is one of the caller's own, or what the session shows of another; see session-members.ts. */
  unjoin(caller: Caller, name: string): Promise<Answer<{ removed: boolean }>>;
  reveal(caller: Caller): Promise<Answer<Membership>>;
  info(caller: Caller): Promise<Answer<SessionInfo>>;
  /** Tells the members and deletes everything. */
  close(caller: Caller): Promise<Answer<{ members: number }>>;
  history(caller: Caller, query: HistoryQuery): Promise<Answer<HistoryPage>>;
  readState(caller: Caller): Promise<Answer<StateAnswer>>;
  writeState(caller: Caller, fencingNumber: number, state: string): Promise<Answer<StateAnswer>>;
  /** Sends one message (the text of a JSON object) to the session. */
  publish(caller: Caller, message: string): Promise<SendOutcome>;

  /** A member's object: it has everything before `from`, and asks for what follows. */
  catchUp(nodeId: string, from: number, goesLive: boolean): Promise<CatchUpPage>;
  /** A member's object, after a page that went live: all of that page is safe. False: catch up again. */
  caughtUp(nodeId: string, from: number): Promise<boolean>;
  /** A member's object, of a watched session. */
  presence(nodeId: string, isOnline: boolean): Promise<void>;
  /** A member's object: whether it wants to be woken for what the member misses. */
  wakes(nodeId: string, wakes: boolean): Promise<void>;
}
