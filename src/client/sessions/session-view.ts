/** A session kept up to date: what the info said, and what was told since. */
import { createNanoEvents } from "nanoevents";
import type { AllsparkError } from "../errors.ts";
import { asError } from "../errors.ts";
import type { AllsparkEvents } from "../events.ts";
import type { OutgoingMessage, Receipt } from "../message.ts";
import type { SessionEvent } from "./session-event.ts";
import type { GameState } from "./game-state.ts";
import type { SessionInfo, SessionMember } from "./session-info.ts";

/** What a view needs of the client. */
export interface SessionViewPort {
  info(session: string): Promise<SessionInfo>;
  writeState<T>(session: string, state: T, fencingNumber: number): Promise<GameState<T>>;
  send(message: OutgoingMessage): Promise<Receipt>;
  on<K extends keyof AllsparkEvents>(event: K, listener: AllsparkEvents[K]): () => void;
  /** What sessions tell as it arrives: "session" comes in its turn, behind messages that the app has not taken yet. */
  onNotice(listener: AllsparkEvents["session"]): () => void;
}

/**
 * The events of a {@link SessionView}.
 *
 * @example
 * ```ts
 * import { Allspark, type SessionViewEvents } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const view = await allspark.sessions.watch("lobby");
 * const changed: SessionViewEvents["change"] = (info) => console.log(info.memberCount);
 * view.on("change", changed);
 * ```
 */
export interface SessionViewEvents {
  change: (info: SessionInfo) => void;
  /** This node is a member no longer; nothing changes after it. */
  end: (reason: "removed" | "closed" | "left") => void;
  /** The info could not be read again after a reconnect; what is shown may be old. */
  error: (error: AllsparkError) => void;
}

/**
 * A session as it is now: `allspark.sessions.watch(id)`. It reads the info again after each reconnect, since notices may have been
 * missed, and follows what members are told in between.
 *
 * @example
 * ```ts
 * import { Allspark, type SessionView } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * await allspark.connect();
 * const game: SessionView = await allspark.sessions.watch("game-1");
 * if (game.isMaster) await game.send({ payload: { turn: 1 } });
 * game.on("change", (info) => console.log(info.masterId));
 * ```
 */
export class SessionView {
  readonly #port: SessionViewPort;
  readonly #emitter = createNanoEvents<SessionViewEvents>();
  readonly #stops: (() => void)[];
  #info: SessionInfo;
  /** What was told while the info was being read, which may or may not hold it. */
  #meanwhile: SessionEvent[] | undefined;

  private constructor(port: SessionViewPort, info: SessionInfo) {
    this.#port = port;
    this.#info = info;
    this.#stops = [
      port.onNotice((event) => this.#happened(event)),
      // A view is somebody who listens: what sessions tell need not wait for another.
      port.on("session", () => {}),
      port.on("status", ({ state }) => {
        if (state !== "connected") return;
        this.refresh().catch((error: unknown) => {
          this.#emitter.emit("error", asError(error, "NETWORK", "the session could not be read again"));
        });
      }),
    ];
  }

  /** See Sessions.watch. */
  static async open(session: string, port: SessionViewPort): Promise<SessionView> {
    // Listening comes first, so that nothing falls between the answer and the first notice.
    const told: SessionEvent[] = [];
    const stop = port.onNotice((event) => event.session === session && void told.push(event));
    try {
      const info = await port.info(session);
      // Whether it was removed before or after, or has joined anew, only another look can tell.
      if (told.some(({ kind }) => kind === "removed")) return await SessionView.open(session, port);
      return new SessionView(port, told.reduce(applied, info));
    } finally {
      stop();
    }
  }

  /** The session that it follows. */
  get sessionId(): string {
    return this.#info.sessionId;
  }

  /** A new object whenever something changed, and the same one while nothing did. */
  get info(): SessionInfo {
    return this.#info;
  }

  /** By what name this node is known there; undefined where it is no member. */
  get myName(): string | undefined {
    const { me, members } = this.#info;
    // One that has revealed itself has its anonymous id still, and is shown under its own.
    return members.some(({ name }) => name === me?.nodeId) ? me?.nodeId : (me?.anonymousId ?? me?.nodeId);
  }

  /** This node is the master of the game, as far as it was told. */
  get isMaster(): boolean {
    return this.#info.masterId !== null && this.#info.masterId === this.myName;
  }

  /** Sends to the session; the master's messages carry the fencing number that it believes in. */
  send(message: Omit<OutgoingMessage, "toSession" | "toClient">): Promise<Receipt> {
    const fencingNumber = this.isMaster ? this.#info.fencingNumber : undefined;
    return this.#port.send({ fencingNumber, ...message, toSession: this.sessionId });
  }

  /** Writes the game's state, as its master. Rejects with DEPOSED or NOT_MASTER where it is the master no longer. */
  writeState<T>(state: T): Promise<GameState<T>> {
    return this.#port.writeState(this.sessionId, state, this.#info.fencingNumber);
  }

  /** Answers what stops listening. */
  on<K extends keyof SessionViewEvents>(event: K, listener: SessionViewEvents[K]): () => void {
    return this.#emitter.on(event, listener);
  }

  /** Reads the info anew. */
  async refresh(): Promise<SessionInfo> {
    const told: SessionEvent[] = [];
    this.#meanwhile = told;
    try {
      const info = await this.#port.info(this.sessionId);
      // What was told since another refresh began is known to that one alone.
      if (this.#meanwhile === told) this.#become(told.reduce(applied, info));
      return this.#info;
    } finally {
      if (this.#meanwhile === told) this.#meanwhile = undefined;
    }
  }

  /** Stops following the session; the membership stays. */
  close(): void {
    this.#meanwhile = undefined;
    for (const stop of this.#stops) stop();
  }

  #happened(event: SessionEvent): void {
    if (event.session !== this.sessionId) return;
    this.#meanwhile?.push(event);
    if (event.kind === "removed") {
      this.close();
      this.#emitter.emit("end", event.reason);
    } else this.#become(applied(this.#info, event));
  }

  #become(info: SessionInfo): void {
    if (info === this.#info) return;
    this.#info = info;
    this.#emitter.emit("change", info);
  }
}

/** The session after an event; the same object where it says nothing new. */
export function applied(info: SessionInfo, event: SessionEvent): SessionInfo {
  if (event.kind === "removed") return info;
  const known = info.members.find(({ name }) => name === event.name);
  switch (event.kind) {
    case "joined": {
      if (known !== undefined) return info;
      const joined: SessionMember = {
        name: event.name,
        // The notice does not say; names that the edge makes do.
        anonymous: event.name.startsWith("anon-"),
        joinedAt: Date.now(),
        online: info.presence ? false : undefined,
      };
      return { ...info, members: [...info.members, joined], memberCount: info.memberCount + 1 };
    }
    case "left": {
      if (known === undefined) return info;
      const { members, memberCount } = info;
      return {
        ...info,
        members: members.filter((member) => member !== known),
        memberCount: memberCount - 1,
        onlineCount: counted(info, known.online === true ? -1 : 0),
      };
    }
    case "revealed": {
      if (known === undefined) return info;
      const renamed = { ...known, name: event.nodeId, anonymous: false };
      const masterId = info.masterId === event.name ? event.nodeId : info.masterId;
      const ownerId = info.ownerId === event.name ? event.nodeId : info.ownerId;
      return { ...info, masterId, ownerId, members: replaced(info.members, known, renamed) };
    }
    case "online":
    case "offline": {
      const online = event.kind === "online";
      if (known === undefined || known.online === online) return info;
      const members = replaced(info.members, known, { ...known, online });
      return { ...info, onlineCount: counted(info, online ? 1 : -1), members };
    }
    case "master":
      if (event.fencingNumber <= info.fencingNumber) return info;
      return { ...info, masterId: event.name, fencingNumber: event.fencingNumber };
  }
}

function counted({ onlineCount }: SessionInfo, more: number): number | null {
  return onlineCount === null ? null : onlineCount + more;
}

function replaced(members: readonly SessionMember[], known: SessionMember, next: SessionMember): SessionMember[] {
  return members.map((member) => (member === known ? next : member));
}
