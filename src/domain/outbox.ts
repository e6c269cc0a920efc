/**
 * The way of messages out to one node (DESIGN §2): which connection each takes, what its outcome is,
 * and when it is written to the inbox. Nothing is written for a message that is acked within its
 * grace. Pure: storage, sockets and the clock come in as arguments; nothing here waits.
 *
 * Invariants: a message is waiting, in flight on one connection, or in the inbox (and there in flight
 * as well, once its grace ran out or the inbox is being drained); while the inbox holds anything that
 * is on no wire, new messages go behind it.
 */
import { withoutSeq, withSeq } from "../protocol/frames.ts";
import { LIMITS } from "../protocol/limits.ts";
import { Backlog } from "./backlog.ts";
import type { Fate } from "./fate.ts";
import type { Inbox } from "./inbox.ts";
import { Intake, isExpired } from "./intake.ts";
import type { LaneMessage, LaneStatus } from "./lane.ts";
import { type HeldState, type Link, Outlet } from "./outlet.ts";
import { Outlets } from "./outlets.ts";
import type { Sequence } from "./sequence.ts";
import { SESSIONS } from "./stamp.ts";
import { Waiting } from "./waiting.ts";

/** A message that was taken in and whose outcome memory still has to settle. */
export interface Accepted extends LaneMessage {
  /** Whose order it keeps: its sender's, or that of SESSIONS. */
  src: string;
  acceptedAt: number;
  fate: Fate;
}

/** What the outbox has to remember in storage beside the inbox. */
export interface OutboxNotes {
  /** Up to this seq a classic client, which cannot ack, has fetched everything. */
  readonly readSeq: number;
  /**
   * Up to this seq a message may be on the wire of one of several connections; 0 where there is one at
   * most. Written when a second connection opens and with every block of seqs while there are several.
   */
  sharedTo: number;
}

export class Outbox {
  readonly #inbox: Inbox;
  readonly #sequence: Sequence;
  readonly #notes: OutboxNotes;
  readonly #outlets = new Outlets();
  readonly #backlog: Backlog;
  readonly #waiting = new Waiting();
  readonly #intake: Intake;
  readonly #settled = { delivered: 0, stored: 0 };
  #unackedSince: number | undefined;

  constructor(inbox: Inbox, sequence: Sequence, notes: OutboxNotes) {
    this.#inbox = inbox;
    this.#notes = notes;
    this.#sequence = sequence;
    this.#backlog = new Backlog(inbox, sequence, this.#outlets, notes.sharedTo, (message, status) =>
      this.#settle(message, status),
    );
    this.#intake = new Intake({
      inbox,
      backlog: this.#backlog,
      outlets: this.#outlets,
      waiting: this.#waiting,
      notes,
      flush: (now) => this.flush(now),
      storeWaiting: (now) => this.#storeWaiting(now),
    });
  }

  /** Messages since this object was started. */
  get counters(): { received: number; delivered: number; stored: number } {
    return { received: this.#intake.received, ...this.#settled };
  }

  /** Is there a connection that acks? */
  get acks(): boolean {
    return this.#outlets.acking.length > 0;
  }

  get online(): boolean {
    return this.#outlets.size > 0;
  }

  unacked(linkId: string): number {
    return this.#outlets.get(linkId)?.window.unacked ?? 0;
  }

  /** Takes messages of one source, in order, and answers what becomes of each. Call `flush` at the end of the tick. */
  accept(src: string, messages: readonly LaneMessage[], now: number): Fate[] {
    return this.#intake.accept(src, messages, now);
  }

  /** The same for messages of a session; see Intake. */
  acceptFromSession(sessionId: string, messages: readonly LaneMessage[], now: number): Fate[] {
    return this.#intake.acceptFromSession(sessionId, messages, now);
  }

  /** Stores messages of a session, past any connection; false, and nothing is stored, where the inbox has no room. */
  keepFromSession(sessionId: string, messages: readonly LaneMessage[], now: number): boolean {
    const since = this.#unackedSince;
    const taken = this.#intake.keepFromSession(sessionId, messages, now);
    // The node is fetching them: that is no news to it.
    this.#unackedSince = since;
    return taken;
  }

  /** Since when something that calls for a push has been unacked (ms), of what was stored since the last call. */
  takeUnackedSince(): number | undefined {
    const since = this.#unackedSince;
    this.#unackedSince = undefined;
    return since;
  }

  /** Is there a connection with room for so many characters of a session, and nothing ahead of what would come now? */
  hasRoom(bytes: number): boolean {
    // A classic client fetches its inbox, so nothing there is ahead of what is sent to it.
    if (this.#waiting.size > 0 || (this.#backlog.pending && this.acks)) return false;
    return this.#outlets.choose(SESSIONS, bytes, 0) !== undefined;
  }

  /** Decides on all that waits: what cannot be sent now is stored, or left to its session. */
  settleWaiting(now: number): void {
    this.flush(now);
    if (this.#waiting.size > 0) this.#storeWaiting(now);
  }

  /** Sends what is due: the inbox first, then what waits. */
  flush(now: number): void {
    if (this.#backlog.pending) this.#backlog.drain(now);
    if (this.#waiting.size > 0) this.#sendWaiting(now);
    // A socket that is gone is closed, which may make more due elsewhere.
    for (const outlet of this.#outlets) if (!outlet.flush()) this.close(outlet.link.id, now, false);
  }

  #sendWaiting(now: number): void {
    for (let message = this.#waiting.peek(); message !== undefined; message = this.#waiting.peek()) {
      const outlet = this.#outlets.choose(message.src, message.tail.length, now);
      if (isExpired(message, now)) this.#waiting.shift().fate.settle("EXPIRED");
      else if (outlet !== undefined) this.#send(outlet, this.#waiting.shift(), now);
      else if (message.volatile) this.#waiting.shift().fate.settle("dropped");
      else return;
    }
  }

  #send(outlet: Outlet, message: Accepted, now: number): void {
    if (!outlet.acks || message.volatile) {
      if (!outlet.takesUnacked(message.tail.length)) return this.#settle(message, "dropped");
      outlet.writeUnacked(withoutSeq(message.tail));
      if (!message.volatile) outlet.assumed.add(message, now);
      this.#settle(message, "delivered");
      return;
    }
    const seq = this.#sequence.next();
    outlet.write(withSeq(seq, message.tail));
    outlet.sent({ seq, bytes: message.tail.length, src: message.src, message, row: undefined, moved: false }, now);
  }

  /** A cumulative ack of one connection's client; may send more. False where the connection is not known. */
  ack(linkId: string, seq: number, now: number): boolean {
    const outlet = this.#outlets.get(linkId);
    if (outlet === undefined) return false;
    outlet.superseded = false;
    this.#acked(outlet, seq, now);
    if (this.#backlog.pending || this.#waiting.size > 0) this.flush(now);
    return true;
  }

  #acked(outlet: Outlet, seq: number, now: number): void {
    for (const entry of outlet.acked(seq, now)) {
      if (entry.message !== undefined) this.#settle(entry.message, "delivered");
      else if (entry.row !== undefined) {
        outlet.heldChanged = true;
        this.#backlog.rowAcked(entry.row);
      }
    }
    this.#backlog.gapsAcked(outlet, Math.min(seq, outlet.window.sentHigh));
  }

  /** An ack without a connection: the node has everything up to this seq. Answers how many messages left the inbox. */
  acknowledge(seq: number, now: number): number {
    const upTo = Math.min(seq, this.#sequence.last);
    const before = this.#inbox.count;
    for (const outlet of this.#outlets.acking) this.#acked(outlet, upTo, now);
    this.#backlog.skipTo(upTo);
    this.flush(now);
    return before - this.#inbox.count;
  }

  /** A client sent something: it is there, and reads. */
  heard(linkId: string): void {
    this.#outlets.get(linkId)?.heard();
  }

  /**
   * When the oldest message that memory alone holds runs out of grace, or a silent connection has to give what it holds
   * to another one, ms; undefined where there is nothing of either.
   */
  nextDeadline(): number | undefined {
    let oldest = this.#waiting.peek()?.acceptedAt;
    for (const outlet of this.#outlets.acking) {
      const at = outlet.window.oldestInMemory()?.acceptedAt;
      if (at !== undefined && (oldest === undefined || at < oldest)) oldest = at;
    }
    const deadline = oldest === undefined ? Infinity : oldest + LIMITS.ackGraceMs;
    const next = Math.min(deadline, ...this.#outlets.neglected().map(({ at }) => at));
    return next === Infinity ? undefined : next;
  }

  /**
   * Writes to the inbox what has been without an ack for longer than the grace, and takes it off the wire of a silent
   * connection where another one is heard of.
   */
  expireGrace(now: number): void {
    const overdue = (message: Accepted | undefined) =>
      message !== undefined && message.acceptedAt + LIMITS.ackGraceMs <= now;
    for (const outlet of this.#outlets.acking) {
      if (!overdue(outlet.window.oldestInMemory())) continue;
      this.#backlog.storeInFlight(outlet, outlet.window.entries(), "stored", now);
    }
    for (const { outlet, at } of this.#outlets.neglected()) {
      if (at > now) continue;
      outlet.superseded = true;
      this.#backlog.release(outlet, 0, "stored", now);
    }
    if (overdue(this.#waiting.peek())) this.#storeWaiting(now);
    this.flush(now);
  }

  #storeWaiting(now: number): void {
    const messages = this.#waiting.drain();
    for (const message of messages) if (message.volatile) message.fate.settle("dropped");
    // A session's log has them, unless they were taken to be delivered once already.
    const inLog = (message: Accepted) => message.sessionSeq !== undefined && message.fate.status === undefined;
    const definite = messages.filter((message) => !message.volatile && !inLog(message));
    if (definite.length > 0) this.#backlog.store(definite, this.#storedStatus(), now);
    for (const message of messages) if (inLog(message)) message.fate.settle(this.online ? "behind" : "offline");
  }

  #storedStatus(): LaneStatus {
    return this.online ? "stored" : "offline";
  }

  /**
   * A connection opened; `resumedAt` is the seq up to which its client has everything. It takes over
   * what its own earlier connection and what silent ones left unacked. Answers the seq after which
   * everything comes on this connection. Call `flush` once it has been welcomed.
   */
  open(link: Link, resumedAt: number | undefined, now: number): number {
    if (link.mode === "v1") {
      for (const outlet of this.#outlets.acking) this.#takeOver(outlet, resumedAt, now);
      if (resumedAt !== undefined) this.#backlog.resumeAt(resumedAt);
      this.#backlog.tellGapsAgain();
    }
    const from = resumedAt ?? this.#backlog.cursor;
    this.#outlets.add(new Outlet(link, from));
    this.noteSharing();
    return from;
  }

  /** Notes up to which seq messages may be shared out among several connections; call when the reserved seqs grow. */
  noteSharing(): void {
    if (this.#outlets.acking.length > 1) this.#notes.sharedTo = this.#sequence.reserved;
  }

  #takeOver(outlet: Outlet, resumedAt: number | undefined, now: number): void {
    const silent = outlet.isSilent(now);
    const same = resumedAt === undefined ? "no" : outlet.window.leftOffAt(resumedAt);
    if (resumedAt !== undefined && same === "surely") this.#acked(outlet, resumedAt, now);
    if (same === "no" && !silent) return;
    // What it had must not go back to it before it gives a sign of life.
    outlet.superseded = true;
    // What another client of this node holds below the cursor is not this one's to take.
    this.#backlog.release(outlet, resumedAt ?? 0, "stored", now);
  }

  /** A connection closed: what it left unacked goes to another one or waits in the inbox. */
  close(linkId: string, now: number, clean: boolean): void {
    const outlet = this.#outlets.get(linkId);
    if (outlet === undefined) return;
    this.#outlets.delete(linkId);
    if (outlet.acks) {
      this.#backlog.release(outlet, 0, this.#storedStatus(), now);
      this.#closedBeside(outlet.window.sentHigh);
      this.#backlog.tellGapsAgain();
    } else if (!clean) {
      const again = outlet.assumed.drain(now);
      this.#waiting.unshift(again.map((message) => ({ ...message, acceptedAt: now })));
    }
    if (!this.online) this.#storeWaiting(now);
    // What was unacked here has just been put back, in seqs that no closed connection's cursor covers.
    if (this.#outlets.acking.length === 0) this.#notes.sharedTo = this.#backlog.uncertainTo;
    this.flush(now);
  }

  /** What to keep of the connections, where it changed since the last call, so that `restore` can go on after hibernation. */
  takeHeldChanges(): { linkId: string; held: HeldState }[] {
    return this.#outlets.takeHeldChanges();
  }

  /** After hibernation: these connections are live, with what they held. Call before anything else. */
  restore(links: readonly { link: Link; held: HeldState }[], now: number): void {
    const alone = links.filter(({ link }) => link.mode === "v1").length === 1;
    const restored = links.map(({ link, held }) => {
      // What was sent and acked since is not kept. It matters only where another connection may have seen it.
      const exact = alone && held.runs.length > 0;
      const outlet = new Outlet(link, exact ? held.high : this.#sequence.last);
      outlet.othersHigh = held.beside;
      outlet.window.ackedTo = held.acked;
      outlet.restored(now, held);
      this.#outlets.add(outlet);
      return { outlet, state: held };
    });
    this.#backlog.restore(restored);
  }

  /** A connection closed whose end woke this object, so that `restore` did not see it; `held` is what it kept. */
  closedAsleep(held: HeldState, now: number): void {
    this.#closedBeside(held.high);
    this.#backlog.forgetAcked(held);
    this.flush(now);
  }

  /** No cursor of a client that was sent seqs up to this one may cover what the others still hold. */
  #closedBeside(high: number): void {
    for (const other of this.#outlets.acking) {
      if (other.othersHigh >= high) continue;
      other.othersHigh = high;
      other.heldChanged = true;
    }
  }

  /** Is this message of the inbox still to be acked? */
  isOpen(seq: number): boolean {
    return this.#backlog.isOpen(seq);
  }

  #settle(message: Accepted, status: LaneStatus): void {
    const isStored = status === "stored" || status === "offline";
    if (isStored && !message.push?.off) this.#unackedSince ??= message.acceptedAt;
    // What a classic socket took may come back.
    if (message.fate.status !== undefined) return;
    // To a session "offline" would say that nothing was stored here.
    if (status === "offline" && message.sessionSeq !== undefined) status = "stored";
    if (status === "delivered") this.#settled.delivered++;
    else this.#settled.stored++;
    message.fate.settle(status);
  }
}
