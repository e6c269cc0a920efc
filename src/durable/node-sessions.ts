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
import { type SessionWake, sessionWake } from "../domain/push/session-wake.ts";
import { LIMITS } from "../protocol/limits.ts";
import { type Entry, newEntry, NodeSessionEntries } from "./node-session-entries.ts";
import type { NodeSessionsPort } from "./node-sessions-port.ts";
import { NodeTellings } from "./node-tellings.ts";
import type { JoinAnswer, SessionJoined } from "./rpc.ts";
import { isLater, SessionCatchUp } from "./session-catch-up.ts";
import type { NodeSession, SqlNodeSessionStore } from "./sql/node-session-store.ts";

export class NodeSessions {
  readonly #port: NodeSessionsPort;
  readonly #entries: NodeSessionEntries;
  readonly #catchUp: SessionCatchUp;
  readonly #tellings: NodeTellings;
  #alarmAt: number | undefined;
  #isTimerSet = false;

  constructor(store: SqlNodeSessionStore, port: NodeSessionsPort) {
    this.#port = port;
    this.#entries = new NodeSessionEntries(store);
    this.#catchUp = new SessionCatchUp(this.#entries, port);
    this.#tellings = new NodeTellings(this.#entries, port);
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
  join(sessionId: string, { watched, by, isNew, lacksFrom, from }: SessionJoined): JoinAnswer {
    const wakes = this.#port.wantsWakes();
    const isOnline = this.#port.outbox.online;
    const before = this.#entries.get(sessionId);
    const byAnother = by === "another";
    if (before === undefined && !this.#hasRoom(byAnother)) return { ok: false, code: "TOO_MANY_SESSIONS" };
    const known = isNew ? undefined : before;
    const entry = known ?? newEntry(sessionId, byAnother);
    entry.watched = watched;
    entry.toldOnline = isOnline;
    entry.toldWakes = wakes;
    if (by === "itself") entry.byAnother = false;
    const lacks = lacksFrom ?? (isOnline || known !== undefined ? undefined : from);
    this.#entries.set(entry);
    if (lacks !== undefined) this.#miss(entry, lacks);
    this.#entries.save(entry);
    this.#port.changed();
    return { ok: true, isOnline, isBehind: entry.unreadFrom !== null, wakes };
  }

  #hasRoom(byAnother: boolean): boolean {
    if (this.#entries.size >= LIMITS.maxSessionsPerNode) return false;
    return !byAnother || [...this.#entries].filter((entry) => entry.byAnother).length < LIMITS.maxSessionsByOthers;
  }

  /** The node is a member no longer; `notice` tells it so. */
  leave(sessionId: string, notice?: string): void {
    this.#entries.delete(sessionId);
    if (notice === undefined) return;
    const message = { id: `~${crypto.randomUUID()}`, tail: notice, expiresAt: 0, volatile: false };
    this.#port.outbox.accept(sessionId, [message], Date.now());
    this.#port.changed();
  }

  /** As of MemberRpc. */
  wake(sessionId: string, wake: SessionWake): { nextAt: number | null } {
    if (this.#entries.get(sessionId) === undefined || !this.#port.wantsWakes()) return { nextAt: null };
    // It has caught up while the call was under way.
    if (!this.lacks(sessionId, wake.seq)) return { nextAt: 0 };
    return { nextAt: this.#port.missed(sessionId, wake) };
  }

  /** Does the node still lack what has this session_seq? */
  lacks(sessionId: string, seq: number): boolean {
    const unreadFrom = this.#entries.get(sessionId)?.unreadFrom ?? null;
    return unreadFrom !== null && unreadFrom <= seq;
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
    let isTold = false;
    fates.forEach((fate, i) =>
      fate.onSettled((status) => {
        if (!isLater(status)) return;
        this.#miss(entry, messages[i]!.sessionSeq!);
        isTold ||= this.#tellMissed(entry, messages[i]!);
      }),
    );
    this.#port.changed();
    return fates;
  }

  #notNow(entry: Entry, messages: readonly LaneMessage[]): LaneAnswer {
    const later = this.#port.outbox.online ? "behind" : "offline";
    for (const { volatile, sessionSeq } of messages) if (!volatile) this.#miss(entry, sessionSeq!);
    messages.some((message) => this.#tellMissed(entry, message));
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

  /** The node may be pushed to for a message that it lacks: one of a batch is enough. False where this is none for that. */
  #tellMissed({ sessionId }: Entry, { tail, push, volatile, sessionSeq }: LaneMessage): boolean {
    if (volatile || push?.off || !this.#port.wantsWakes()) return false;
    this.#port.missed(sessionId, sessionWake({ seq: sessionSeq!, tail, push }, Date.now()));
    return true;
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
    const waits = [...this.#tellings.tell(now), ...this.#catchUp.pull(now)];
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
    const entry = newEntry(sessionId, false);
    this.#entries.set(entry);
    return entry;
  }
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const at = Math.min(...times.filter((time) => time !== undefined));
  return at === Infinity ? undefined : at;
}
