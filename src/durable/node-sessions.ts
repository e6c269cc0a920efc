/**
 * The sessions of a node, seen from the node: what comes from them while it is online, what it lacks and fetches from
 * their logs when it can take it (DESIGN §3), and what they are told of its being online.
 *
 * Invariant: what a session was not told to be safe here (delivered, or stored in the inbox) lies at or behind
 * `unreadFrom`, which is in storage before the session hears of it.
 */
import { answerOf } from "../domain/fate.ts";
import type { LaneAnswer, LaneBatch, LaneMessage } from "../domain/lane.ts";
import type { Wait } from "../domain/pause.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";
import { NodePresence } from "./node-presence.ts";
import { type Entry, entryOf, NodeSessionEntries } from "./node-session-entries.ts";
import type { NodeSessionsPort } from "./node-sessions-port.ts";
import type { SessionJoined } from "./rpc.ts";
import { isLater, SessionCatchUp } from "./session-catch-up.ts";
import type { NodeSession, SqlNodeSessionStore } from "./sql/node-session-store.ts";

export class NodeSessions {
  readonly #port: NodeSessionsPort;
  readonly #entries: NodeSessionEntries;
  readonly #catchUp: SessionCatchUp;
  readonly #presence: NodePresence;
  #alarmAt: number | undefined;
  #isTimerSet = false;

  constructor(store: SqlNodeSessionStore, port: NodeSessionsPort) {
    this.#port = port;
    this.#entries = new NodeSessionEntries(store);
    this.#catchUp = new SessionCatchUp(this.#entries, port);
    this.#presence = new NodePresence(this.#entries, port);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many of them have something that the node lacks. */
  get unread(): number {
    let count = 0;
    for (const { unreadFrom } of this.#entries) if (unreadFrom !== null) count++;
    return count;
  }

  [Symbol.iterator](): Iterator<Readonly<NodeSession>> {
    return this.#entries[Symbol.iterator]();
  }

  /** When there has to be another tick, even if nothing happens, ms. */
  get alarmAt(): number | undefined {
    return this.#alarmAt;
  }

  /** The node is a member, from now on or as before. */
  join(
    sessionId: string,
    { watched, by, isNew, lacksFrom, from }: SessionJoined,
  ): { ok: true; isOnline: boolean; isBehind: boolean } | { ok: false; code: ErrorCode } {
    const isOnline = this.#port.outbox.online;
    const before = this.#entries.get(sessionId);
    const byAnother = by === "another";
    if (before === undefined && !this.#hasRoom(byAnother)) return { ok: false, code: "TOO_MANY_SESSIONS" };
    const known = isNew ? undefined : before;
    const entry = known ?? entryOf({ sessionId, watched, toldOnline: false, unreadFrom: null, byAnother });
    entry.watched = watched;
    entry.toldOnline = isOnline;
    if (by === "itself") entry.byAnother = false;
    const lacks = lacksFrom ?? (isOnline || known !== undefined ? undefined : from);
    this.#entries.set(entry);
    if (lacks !== undefined) this.#miss(entry, lacks);
    this.#entries.save(entry);
    this.#port.changed();
    return { ok: true, isOnline, isBehind: entry.unreadFrom !== null };
  }

  #hasRoom(byAnother: boolean): boolean {
    if (this.#entries.size >= LIMITS.maxSessionsPerNode) return false;
    return !byAnother || [...this.#entries].filter((entry) => entry.byAnother).length < LIMITS.maxSessionsByOthers;
  }

  /** The node is a member no longer. */
  leave(sessionId: string): void {
    this.#entries.delete(sessionId);
  }

  /** Messages of a session that are for the node now. */
  async deliver(sessionId: string, batch: LaneBatch): Promise<LaneAnswer> {
    const entry = this.#entry(sessionId);
    while (entry.page !== undefined) await entry.page.taken;
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
    this.#entries.save(entry);
  }

  /** The node has a connection more: what failed before is tried again. */
  connected(): void {
    for (const entry of this.#entries) {
      entry.pullPause.end();
      entry.tellPause.end();
    }
    // A classic client fetches from its inbox what it missed while it was away, and gets what is new at once.
    if (!this.#port.outbox.acks) void this.pullIntoInbox();
  }

  /** Fetches everything that the node lacks into its inbox, as far as there is room, so that one list holds it all. */
  pullIntoInbox(): Promise<void> {
    return this.#catchUp.pullIntoInbox();
  }

  /** Tells sessions and asks them what there is to tell and to ask; call it at the end of a tick. */
  endOfTick(): void {
    const now = Date.now();
    const waits = [...this.#presence.tell(now), ...this.#catchUp.pull(now)];
    this.#alarmAt = earliest(waits.map(({ alarmAt }) => alarmAt));
    this.#setTimer(waits, now);
  }

  #setTimer(waits: readonly Wait[], now: number): void {
    const at = earliest(waits.map(({ timerAt }) => timerAt));
    if (at === undefined || this.#isTimerSet) return;
    this.#isTimerSet = true;
    this.#port.after(at - now, () => {
      this.#isTimerSet = false;
      this.#port.changed();
    });
  }

  #entry(sessionId: string): Entry {
    const known = this.#entries.get(sessionId);
    if (known !== undefined) return known;
    // The session says that the node is a member; a crash may have come between its note and this one.
    const entry = entryOf({ sessionId, watched: false, toldOnline: false, unreadFrom: null, byAnother: false });
    this.#entries.set(entry);
    return entry;
  }
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const at = Math.min(...times.filter((time) => time !== undefined));
  return at === Infinity ? undefined : at;
}
