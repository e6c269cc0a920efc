/**
 * Fetches from the logs of a node's sessions what the node lacks (DESIGN §3): for its connections as they can take it, or
 * into its inbox.
 */
import type { LaneMessage } from "../domain/lane.ts";
import type { Wait } from "../domain/pause.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Entry, NodeSessionEntries } from "./node-session-entries.ts";
import type { NodeSessionsPort } from "./node-sessions-port.ts";

export class SessionCatchUp {
  readonly #entries: NodeSessionEntries;
  readonly #port: NodeSessionsPort;
  #pulls = 0;
  #gathering: Promise<void> | undefined;

  constructor(entries: NodeSessionEntries, port: NodeSessionsPort) {
    this.#entries = entries;
    this.#port = port;
  }

  /** Fetches what the connections can take; call it at the end of a tick. Answers what has to wait without an event to come. */
  pull(now: number): Wait[] {
    const { outbox } = this.#port;
    // What a classic client is about to find in its inbox does not come on its socket.
    if (!outbox.online || (this.#gathering !== undefined && !outbox.acks)) return [];
    const waits: Wait[] = [];
    for (const entry of this.#entries) {
      if (!isDue(entry)) continue;
      if (!entry.pullPause.isOver(now)) waits.push(entry.pullPause);
      else if (!outbox.hasRoom(entry.needs)) {
        // Acks wake this object; a heartbeat, which may be all that a classic client gives, does not.
        if (!outbox.acks) waits.push({ timerAt: undefined, alarmAt: now + LIMITS.sessionRetellMs });
      } else if (this.#pulls < LIMITS.sessionPullsInFlight) {
        void this.#catchUp(entry, (page) => this.#toWire(entry, page));
      }
    }
    return waits;
  }

  /** Fetches everything that the node lacks into its inbox, as far as there is room, so that one list holds it all. */
  pullIntoInbox(): Promise<void> {
    return (this.#gathering ??= this.#gather().finally(() => {
      this.#gathering = undefined;
      this.#port.changed();
    }));
  }

  async #gather(): Promise<void> {
    for (const entry of [...this.#entries]) {
      // While something of a session waits, it is open from where on the node will turn out to lack it.
      this.#port.outbox.settleWaiting(Date.now());
      if (isDue(entry)) await this.#catchUp(entry, (page) => this.#toInbox(entry, page));
    }
  }

  /** Page by page until there is no more, or `take` answers that the rest has to wait. */
  async #catchUp(entry: Entry, take: (page: Page) => Promise<boolean> | boolean): Promise<void> {
    entry.isPulling = true;
    this.#pulls++;
    try {
      while (entry.unreadFrom !== null && this.#entries.isCurrent(entry)) {
        const page = await this.#nextPage(entry);
        if (!this.#entries.isCurrent(entry)) break;
        if (page === undefined) this.#entries.delete(entry.sessionId);
        else if (!(await take(page))) break;
      }
      entry.pullPause.end();
    } catch (error) {
      console.error("catching up with a session failed:", (error as Error).message);
      entry.isLive = false;
      entry.pullPause.failed(Date.now(), this.#port.random());
    } finally {
      entry.page?.release();
      entry.isPulling = false;
      this.#pulls--;
      // Another session may have waited for this one.
      this.#port.changed();
    }
  }

  /** undefined where the node is no member any more. */
  async #nextPage(entry: Entry): Promise<Page | undefined> {
    const asked = entry.unreadFrom!;
    const goesLive = this.#port.outbox.online;
    const request = this.#port.session(entry.sessionId).catchUp(this.#port.nodeId, asked, goesLive);
    holdCalls(entry);
    const page = await request;
    if (page.gone) return undefined;
    entry.isLive = page.live;
    entry.missedFrom = undefined;
    return { asked, from: page.from, messages: page.messages, next: page.next, isLive: page.live };
  }

  /** Sends a page to the node's connections. Goes on when all of it is safe; false where some of it found no room. */
  async #toWire(entry: Entry, page: Page): Promise<boolean> {
    const fates = this.#port.outbox.acceptFromSession(entry.sessionId, page.messages, Date.now());
    // What is called next must not overtake what found no room.
    for (const fate of fates) fate.onSettled((status) => void (isLater(status) && (entry.isLive = false)));
    entry.page?.release();
    this.#port.changed();
    const statuses = await Promise.all(fates.map((fate) => new Promise<string>((resolve) => fate.onSettled(resolve))));
    const missed = statuses.findIndex(isLater);
    if (missed >= 0) {
      // A gap stands for all of its numbers, so it is asked for from its first.
      this.#advance(entry, missed === 0 ? page.from : page.messages[missed - 1]!.sessionSeq! + 1);
      entry.needs = page.messages[missed]!.tail.length;
      return false;
    }
    this.#advance(entry, page.next);
    if (entry.isLive) await this.#confirm(entry, page.next);
    return this.#port.outbox.hasRoom(0);
  }

  async #toInbox(entry: Entry, page: Page): Promise<boolean> {
    const taken = this.#port.outbox.keepFromSession(entry.sessionId, page.messages, Date.now());
    if (!taken) entry.isLive = false;
    else this.#advance(entry, page.next);
    entry.page?.release();
    if (!taken) return false;
    if (entry.isLive) await this.#confirm(entry, page.next);
    // Offline, it stays behind: the next message costs the session no call.
    return page.isLive || page.messages.length > 0 || page.from < page.asked;
  }

  #advance(entry: Entry, from: number): void {
    entry.needs = 0;
    if (entry.unreadFrom === from) return;
    entry.unreadFrom = from;
    this.#entries.save(entry);
  }

  /** All of the page that went live is safe: unless something was missed meanwhile, the node lacks nothing. */
  async #confirm(entry: Entry, from: number): Promise<void> {
    const isCurrent = await this.#port.session(entry.sessionId).caughtUp(this.#port.nodeId, from);
    if (!isCurrent) entry.isLive = false;
    else if (entry.missedFrom === undefined) {
      entry.isLive = false;
      entry.unreadFrom = null;
      this.#entries.save(entry);
    } else this.#advance(entry, entry.missedFrom);
  }
}

interface Page {
  /** From where on it was asked for; the session may know that the node has to begin before. */
  asked: number;
  from: number;
  messages: LaneMessage[];
  next: number;
  isLive: boolean;
}

/** Does the node lack something there, with nobody at it? */
function isDue({ unreadFrom, isLive, isPulling }: Entry): boolean {
  return unreadFrom !== null && !isLive && !isPulling;
}

/** What the session calls with has to wait from now on, until the page is taken. */
function holdCalls(entry: Entry): void {
  const { promise: taken, resolve } = Promise.withResolvers<void>();
  const page = {
    taken,
    release: () => {
      if (entry.page === page) entry.page = undefined;
      resolve();
    },
  };
  entry.page = page;
}

/** Was the message neither taken nor stored? */
export function isLater(status: string): boolean {
  return status === "behind" || status === "offline";
}
