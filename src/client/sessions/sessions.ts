/** Sessions over HTTP: making them, coming and going, reading. */
import type { SessionInfo as WireSessionInfo } from "../../protocol/session-info.ts";
import { type EdgeHttp, segment } from "../http.ts";
import type { IncomingMessage } from "../message.ts";
import { pages } from "../pages.ts";
import type { GameState } from "./game-state.ts";
import type { SessionEvent } from "./session-event.ts";
import { type Membership, type SessionInfo, sessionInfoOf } from "./session-info.ts";
import { SessionView, type SessionViewPort } from "./session-view.ts";

/**
 * How a session is made; everything is optional.
 *
 * @example
 * ```ts
 * import { Allspark, type CreateSessionOptions } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const chat: CreateSessionOptions = { anyoneCanJoin: true, presence: true, historyMessages: 50 };
 * console.log((await allspark.sessions.create(chat)).sessionId);
 * ```
 */
export interface CreateSessionOptions {
  /** The creator is an anonymous member. */
  anonymous?: boolean;
  /** Any node may make itself a member. */
  anyoneCanJoin?: boolean;
  /** A game: one member is the master, who speaks to all; the others speak to the master. */
  game?: boolean;
  /** Games: this node stays master, also while it is away. */
  pinnedMaster?: string;
  /** Only so many of those who joined last are told who comes and goes. */
  notifyOnlyLastFewUsers?: number;
  /** Members are told who is online. */
  presence?: boolean;
  /** What is kept for those who join later. */
  historyMessages?: number;
  historyMinutes?: number;
  /** App nodes only: the session's id. */
  sessionId?: string;
  /** App nodes only, with `sessionId`: its members, each a node_id with an anonymous id or null. */
  members?: readonly Membership[];
}

/**
 * Under which name a node joins.
 *
 * @example
 * ```ts
 * import { Allspark, type JoinOptions } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const masked: JoinOptions = { anonymous: true };
 * await allspark.sessions.join("lobby", masked);
 * ```
 */
export interface JoinOptions {
  /** Under a name that the edge makes. */
  anonymous?: boolean;
  /** Under this name. */
  anonymousId?: string;
}

/**
 * Which part of a history, and in what order.
 *
 * @example
 * ```ts
 * import { Allspark, type HistoryOptions } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const newestFirst: HistoryOptions = { order: "desc", limit: 20 };
 * for await (const message of allspark.sessions.history("lobby", newestFirst)) console.log(message.payload);
 * ```
 */
export interface HistoryOptions {
  /** Bounds by `session_seq`, inclusive. */
  fromSeq?: number;
  toSeq?: number;
  /** At most so many messages in all. */
  limit?: number;
  /** Default "asc". */
  order?: "asc" | "desc";
}

/** What sessions need of the client. */
export interface SessionsPort extends Pick<SessionViewPort, "send" | "on" | "onNotice"> {
  /** The edge tells all members but the one that did it: this client tells itself. */
  tell(event: SessionEvent): void;
}

/**
 * Sessions: `allspark.sessions`. Every call rejects with RefusedError where the edge says no, and with ConnectionError where it is
 * not reached.
 *
 * @example
 * ```ts
 * import { Allspark, type Sessions } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const sessions: Sessions = allspark.sessions;
 * const { sessionId } = await sessions.create({ anyoneCanJoin: true });
 * await sessions.add(sessionId, "bob");
 * await sessions.leave(sessionId);
 * ```
 */
export class Sessions {
  readonly #http: EdgeHttp;
  readonly #port: SessionsPort;

  /** Made by {@link Allspark}. */
  constructor(http: EdgeHttp, port: SessionsPort) {
    this.#http = http;
    this.#port = port;
  }

  /** Creates a session with the caller as its owner. An app node that creates its own again gets it as it is. */
  async create(options: CreateSessionOptions = {}): Promise<SessionInfo> {
    const { sessionId, members } = options;
    const founders = members?.map(({ nodeId, anonymousId }) =>
      anonymousId === null ? [nodeId] : [nodeId, anonymousId],
    );
    const body = {
      is_anonymous: options.anonymous,
      anyone_can_join: options.anyoneCanJoin,
      session_type: options.game === true ? 1 : 0,
      session_game_master_node_id: options.pinnedMaster,
      notify_only_last_few_users: options.notifyOnlyLastFewUsers,
      presence: options.presence,
      history_messages: options.historyMessages,
      history_minutes: options.historyMinutes,
      ...(founders === undefined ? { session_id: sessionId } : { _session_info_: [sessionId, founders] }),
    };
    return sessionInfoOf(await this.#http.call<WireSessionInfo>("POST", "/v1/sessions", { body }));
  }

  /** Makes this node a member. Joining again answers the same membership. */
  async join(session: string, options: JoinOptions = {}): Promise<Membership> {
    const body = { session_id: session, ...joining(options) };
    return membership(await this.#http.call("POST", "/join_session", { body }));
  }

  /** The owner, or an app node, makes another node a member. */
  async add(session: string, nodeId: string, options: JoinOptions = {}): Promise<Membership> {
    return membership(await this.#http.call("PUT", memberPath(session, nodeId), { body: joining(options) }));
  }

  /** Takes this node out. False where it was no member. */
  async leave(session: string): Promise<boolean> {
    const body = { session_id: session };
    const { removed } = await this.#http.call<{ removed: boolean }>("POST", "/unjoin_session", { body });
    if (removed) this.#port.tell({ session, kind: "removed", reason: "left" });
    return removed;
  }

  /** The owner, or an app node, takes a member out by its name. */
  async remove(session: string, name: string): Promise<boolean> {
    return (await this.#http.call<{ removed: boolean }>("DELETE", memberPath(session, name))).removed;
  }

  /** Reads a session: for its members and app nodes. */
  async info(session: string): Promise<SessionInfo> {
    return sessionInfoOf(await this.#http.call<WireSessionInfo>("GET", path(session)));
  }

  /** Tells all members who the caller is, for good. */
  async reveal(session: string): Promise<Membership> {
    const me = membership(await this.#http.call("POST", `${path(session)}/reveal`));
    const { nodeId, anonymousId } = me;
    if (anonymousId !== null) this.#port.tell({ session, kind: "revealed", name: anonymousId, nodeId });
    return me;
  }

  /** Ends the session: members are told, everything in it is deleted. Answers how many members there were. */
  async close(session: string): Promise<number> {
    return (await this.#http.call<{ members: number }>("DELETE", path(session))).members;
  }

  /** What the session keeps of its past, page by page. */
  history(session: string, options: HistoryOptions = {}): AsyncGenerator<IncomingMessage, void, void> {
    const { fromSeq, toSeq, limit, order } = options;
    return pages(
      { from: fromSeq, to: toSeq, limit, order },
      ({ from, to, ...page }) =>
        this.#http.call("GET", `${path(session)}/history`, {
          query: { from_session_seq: from, to_session_seq: to, ...page },
        }),
      "sessionSeq",
    );
  }

  /** A game's state, for its members. */
  async readState<T = unknown>(session: string): Promise<GameState<T>> {
    return gameState(await this.#http.call<WireState<T>>("GET", `${path(session)}/state`));
  }

  /** Writes a game's state. Rejects with DEPOSED where `fencingNumber` is not the current one. */
  async writeState<T>(session: string, state: T, fencingNumber: number): Promise<GameState<T>> {
    const body = { state, fencing_number: fencingNumber };
    return { ...gameState(await this.#http.call<WireState<T>>("PUT", `${path(session)}/state`, { body })), state };
  }

  /** The session as it is now and as it changes: members, who is online, the master. Resolves when it is known. */
  watch(session: string): Promise<SessionView> {
    return SessionView.open(session, {
      ...this.#port,
      info: (id) => this.info(id),
      writeState: (id, state, fencingNumber) => this.writeState(id, state, fencingNumber),
    });
  }
}

function joining({ anonymous, anonymousId }: JoinOptions): object {
  return { is_anonymous: anonymous, anonymous_id: anonymousId };
}

interface WireState<T> {
  state?: T;
  version: number;
  fencing_number: number;
  written_at: number | null;
}

function gameState<T>(wire: WireState<T>): GameState<T> {
  return {
    state: wire.state,
    version: wire.version,
    fencingNumber: wire.fencing_number,
    writtenAt: wire.written_at,
  };
}

function membership([nodeId, anonymousId]: [string, string | null]): Membership {
  return { nodeId, anonymousId };
}

function path(session: string): string {
  return `/v1/sessions/${segment(session)}`;
}

function memberPath(session: string, name: string): string {
  return `${path(session)}/members/${segment(name)}`;
}
