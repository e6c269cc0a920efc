/**
 * The sessions of a node, seen from the node: what comes from them while it is online, what it lacks and fetches from
 * their logs when it can take it (DESIGN §3), and what they are told of its being online.
 *
 * Invariant: what a session was not told to be safe here (delivered, or stored in the inbox) lies at or behind
 * `unreadFrom`, which is in storage before the session hears of it.
 */
import { answerOf } from "../domain/fate.ts";
import type { LaneAnswer, LaneBatch, LaneMessage } from "../domain/lane.ts";
import type { LaneReceiver } from "../domain/lane-receiver.ts";
import type { Outbox } from "../domain/outbox.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { SessionJoined } from "./rpc.ts";
import type { SessionRpc } from "./session-rpc.ts";
import type { NodeSession, SqlNodeSessionStore } from "./sql/node-session-store.ts";

/** A session that the node is in, and how far it is with what it lacks. */
interface Entry extends NodeSession {
  /** It lacks something, but what follows comes by calls again. */
  isLive: boolean;
  /** The lowest session_seq that could not be taken since the last page. */
  missedFrom: number | undefined;
  /** It is being caught up with. */
  isPulling: boolean;
  /** A page is under way: calls wait for it, so that they are taken after it. */
  page: Promise<unknown> | undefined;
  /** It is being told that the node is or is not online. */
  isTelling: boolean;
}

export interface NodeSessionsPort {
  readonly nodeId: string;
  /** Calls the object of a session. */
  session(sessionId: string): Pick<SessionRpc, "catchUp" | "caughtUp" | "presence">;
  readonly outbox: Outbox;
  readonly receiver: LaneReceiver;
  /** Something is to be sent at the end of this tick. */
  changed(): void;
  /** Calls back once, after about so many ms. */
  after(delayMs: number, callback: () => void): void;
}

/** After a call to a session failed: a node with a silent client might have no other tick. */
const RETRY_MS = 1_000;

export class NodeSessions {
  readonly #store: SqlNodeSessionStore;
  readonly #port: NodeSessionsPort;
  readonly #entries = new Map<string, Entry>();
  #pulls = 0;
  #gathering: Promise<void> | undefined;

  constructor(store: SqlNodeSessionStore, port: NodeSessionsPort) {
    this.#store = store;
    this.#port = port;
    for (const session of store.all()) this.#entries.set(session.sessionId, entryOf(session));
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many of them have something that the node lacks. */
  get unread(): number {
    let count = 0;
    for (const { unreadFrom } of this.#entries.values()) if (unreadFrom !== null) count++;
    return count;
  }

  [Symbol.iterator](): MapIterator<Readonly<NodeSession>> {
    return this.#entries.values();
  }

  /** The node is a member, from now on or as before. */
  join(
    sessionId: string,
    { watched, isNew, lacksFrom, from }: SessionJoined,
  ): { ok: true; isOnline: boolean; isBehind: boolean } | { ok: false; code: ErrorCode } {
    const isOnline = this.#port.outbox.online;
    const known = isNew ? undefined : this.#entries.get(sessionId);
    if (!this.#entries.has(sessionId) && this.#entries.size >= LIMITS.maxSessionsPerNode) {
      return { ok: false, code: "TOO_MANY_SESSIONS" };
    }
    const entry = known ?? entryOf({ sessionId, watched, toldOnline: false, unreadFrom: null });
    entry.watched = watched;
    entry.toldOnline = isOnline;
    const lacks = lacksFrom ?? (isOnline || known !== undefined ? undefined : from);
    this.#entries.set(sessionId, entry);
    if (lacks !== undefined) this.#miss(entry, lacks);
    this.#store.put(entry);
    this.#port.changed();
    // A classic client acks nothing, so nothing goes to its wire from a log: its inbox takes what it lacks, and it is called again.
    if (entry.unreadFrom !== null && isOnline && !this.#port.outbox.acks) void this.pullIntoInbox();
    return { ok: true, isOnline, isBehind: entry.unreadFrom !== null };
  }

  /** The node is a member no longer. */
  leave(sessionId: string): void {
    this.#entries.delete(sessionId);
    this.#store.delete(sessionId);
  }

  /** Messages of a session that are for the node now. */
  async deliver(sessionId: string, batch: LaneBatch): Promise<LaneAnswer> {
    const entry = this.#entry(sessionId);
    while (entry.page !== undefined) await entry.page;
    if (!this.#port.receiver.take(batch)) return { resync: true };
    if (entry.unreadFrom !== null && !entry.isLive) return this.#notNow(entry, batch.messages);
    return answerOf(this.#accept(entry, batch.messages));
  }

  #accept(entry: Entry, messages: readonly LaneMessage[]) {
    const fates = this.#port.outbox.acceptFromSession(entry.sessionId, messages, Date.now());
    fates.forEach((fate, i) =>
      fate.onSettled((status) => {
        if (isLater(status)) this.#miss(entry, messages[i]!.sessionSeq!);
      }),
    );
    this.#port.changed();
    return fates;
  }

  #notNow(entry: Entry, messages: readonly LaneMessage[]): LaneAnswer {
    const later = this.#port.outbox.online ? "behind" : "offline";
    for (const { volatile, sessionSeq } of messages) if (!volatile) this.#miss(entry, sessionSeq!);
    // This object may have just been started, and have room.
    this.#port.changed();
    return { statuses: messages.map(({ volatile }) => (volatile ? "dropped" : later)) };
  }

  /** The node lacks this and what follows of the session. */
  #miss(entry: Entry, seq: number): void {
    entry.isLive = false;
    entry.missedFrom = Math.min(entry.missedFrom ?? Infinity, seq);
    if (entry.unreadFrom !== null && entry.unreadFrom <= seq) return;
    entry.unreadFrom = seq;
    this.#save(entry);
  }

  /** Fetches what the node lacks, as far as it can take it; call it at the end of a tick. */
  pull(): void {
    if (this.#pulls >= LIMITS.sessionPullsInFlight || !this.#port.outbox.hasRoom) return;
    for (const entry of this.#entries.values()) {
      if (entry.unreadFrom === null || entry.isLive || entry.isPulling) continue;
      void this.#catchUp(entry, (page) => this.#toWire(entry, page));
      if (this.#pulls >= LIMITS.sessionPullsInFlight) return;
    }
  }

  /** Fetches everything that the node lacks into its inbox, as far as there is room, so that one list holds it all. */
  pullIntoInbox(): Promise<void> {
    return (this.#gathering ??= this.#gather().finally(() => (this.#gathering = undefined)));
  }

  async #gather(): Promise<void> {
    for (const entry of [...this.#entries.values()]) {
      if (entry.unreadFrom === null || entry.isLive || entry.isPulling) continue;
      await this.#catchUp(entry, (page) => this.#toInbox(entry, page));
    }
  }

  /** Page by page until there is no more, or `take` answers that the rest has to wait. */
  async #catchUp(entry: Entry, take: (page: Page) => Promise<boolean> | boolean): Promise<void> {
    entry.isPulling = true;
    this.#pulls++;
    try {
      while (entry.unreadFrom !== null && this.#entries.get(entry.sessionId) === entry) {
        const page = await this.#nextPage(entry);
        if (this.#entries.get(entry.sessionId) !== entry) {
          // It has left meanwhile, and perhaps joined again.
          page?.release();
          break;
        }
        if (page === undefined) this.leave(entry.sessionId);
        else if (!(await take(page))) break;
      }
      // Another session may have waited for this one.
      this.#port.changed();
    } catch (error) {
      console.error("catching up with a session failed:", (error as Error).message);
      entry.isLive = false;
      if (this.#port.outbox.online) this.#port.after(RETRY_MS, () => this.#port.changed());
    } finally {
      entry.isPulling = false;
      entry.page = undefined;
      this.#pulls--;
    }
  }

  /** undefined where the node is no member any more. */
  async #nextPage(entry: Entry): Promise<Page | undefined> {
    const from = entry.unreadFrom!;
    const goesLive = this.#port.outbox.online;
    const request = this.#port.session(entry.sessionId).catchUp(this.#port.nodeId, from, goesLive);
    // Until the page is taken, what the session calls with has to wait.
    let taken!: () => void;
    const barrier = new Promise<void>((resolve) => (taken = resolve));
    entry.page = barrier;
    const release = () => {
      if (entry.page === barrier) entry.page = undefined;
      taken();
    };
    try {
      const page = await request;
      if (page.gone) {
        release();
        return undefined;
      }
      entry.isLive = page.live;
      entry.missedFrom = undefined;
      return { asked: from, from: page.from, messages: page.messages, next: page.next, isLive: page.live, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Sends a page to the node's connections. Goes on when all of it is safe; false where some of it found no room. */
  async #toWire(entry: Entry, page: Page): Promise<boolean> {
    const fates = this.#port.outbox.acceptFromSession(entry.sessionId, page.messages, Date.now());
    // What is called next must not overtake what found no room.
    for (const fate of fates) fate.onSettled((status) => void (isLater(status) && (entry.isLive = false)));
    page.release();
    this.#port.changed();
    const statuses = await Promise.all(fates.map((fate) => new Promise<string>((resolve) => fate.onSettled(resolve))));
    const missed = statuses.findIndex(isLater);
    if (missed >= 0) {
      // A gap stands for all of its numbers, so it is asked for from its first.
      this.#advance(entry, missed === 0 ? page.from : page.messages[missed - 1]!.sessionSeq! + 1);
      return false;
    }
    this.#advance(entry, page.next);
    if (entry.isLive) await this.#confirm(entry, page.next);
    return this.#port.outbox.hasRoom;
  }

  async #toInbox(entry: Entry, page: Page): Promise<boolean> {
    const taken = this.#port.outbox.keepFromSession(entry.sessionId, page.messages, Date.now());
    if (!taken) entry.isLive = false;
    else this.#advance(entry, page.next);
    page.release();
    if (!taken) return false;
    if (entry.isLive) await this.#confirm(entry, page.next);
    // Offline, it stays behind: the next message costs the session no call.
    return page.isLive || page.messages.length > 0 || page.from < page.asked;
  }

  #advance(entry: Entry, from: number): void {
    if (entry.unreadFrom === from) return;
    entry.unreadFrom = from;
    this.#save(entry);
  }

  /** All of the page that went live is safe: unless something was missed meanwhile, the node lacks nothing. */
  async #confirm(entry: Entry, from: number): Promise<void> {
    const isCurrent = await this.#port.session(entry.sessionId).caughtUp(this.#port.nodeId, from);
    if (!isCurrent) entry.isLive = false;
    else if (entry.missedFrom === undefined) {
      entry.isLive = false;
      entry.unreadFrom = null;
      this.#save(entry);
    } else this.#advance(entry, entry.missedFrom);
  }

  /** The node got its first connection, or lost its last. */
  onlineChanged(): void {
    for (const entry of this.#entries.values()) if (entry.watched) void this.#tell(entry);
  }

  async #tell(entry: Entry): Promise<void> {
    if (entry.isTelling) return;
    entry.isTelling = true;
    try {
      while (entry.toldOnline !== this.#port.outbox.online && this.#entries.get(entry.sessionId) === entry) {
        const isOnline = this.#port.outbox.online;
        await this.#port.session(entry.sessionId).presence(this.#port.nodeId, isOnline);
        entry.toldOnline = isOnline;
        this.#save(entry);
      }
    } catch (error) {
      // It is told with the next change; until then it may ask.
      console.error("telling a session failed:", (error as Error).message);
    } finally {
      entry.isTelling = false;
    }
  }

  #entry(sessionId: string): Entry {
    const known = this.#entries.get(sessionId);
    if (known !== undefined) return known;
    // The session says that the node is a member; a crash may have come between its note and this one.
    const entry = entryOf({ sessionId, watched: false, toldOnline: false, unreadFrom: null });
    this.#entries.set(sessionId, entry);
    return entry;
  }

  #save(entry: Entry): void {
    if (this.#entries.get(entry.sessionId) === entry) this.#store.put(entry);
  }
}

interface Page {
  /** From where on it was asked for; the session may know that the node has to begin before. */
  asked: number;
  from: number;
  messages: LaneMessage[];
  next: number;
  isLive: boolean;
  /** The page is taken: calls of the session may follow. */
  release: () => void;
}

/** Was the message neither taken nor stored? */
function isLater(status: string): boolean {
  return status === "behind" || status === "offline";
}

function entryOf(session: NodeSession): Entry {
  return { ...session, isLive: false, missedFrom: undefined, isPulling: false, page: undefined, isTelling: false };
}
