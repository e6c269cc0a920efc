/**
 * From one message to every member of a session (DESIGN §3): live members are called, what a member does
 * not take goes into the log, and the sender hears of it when all have answered and the log is written.
 * Pure: calls, storage and the clock come in as arguments.
 *
 * Invariants: a message for a member is with that member, or in an open call to it, or in the log with the member's
 * `behindFrom` at or below it. A member that is behind is not called until it has caught up.
 */
import type { ErrorCode } from "../../protocol/errors.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { Fate } from "../fate.ts";
import type { LaneMessage, LaneStatus } from "../lane.ts";
import type { FanOutPort, PostOptions } from "./fan-out-port.ts";
import type { Member } from "./member.ts";
import { hintFor, isFor, recipients, wakes } from "./recipients.ts";
import type { Roster } from "./roster.ts";
import type { LogEntry, LogItem, SessionLog } from "./session-log.ts";
import { Ways } from "./ways.ts";

interface Open {
  entry: LogEntry;
  volatile: boolean;
  /** An earlier life of the session has logged it, and woken whom it had to wake. */
  isOld: boolean;
  /** Calls without an answer, and one for `post` itself. */
  waiting: number;
  logged: boolean;
  outcome: "delivered" | "stored" | ErrorCode;
  fate: Fate;
}

export class FanOut {
  readonly #roster: Roster;
  readonly #log: SessionLog;
  readonly #keepsAll: boolean;
  readonly #port: FanOutPort;
  /** Oldest first. */
  readonly #open = new Set<Open>();
  #openBytes = 0;
  #openCalls = 0;
  readonly #ways = new Ways<Open>();
  #unlogged: Open[] = [];
  #answered: Open[] = [];
  #trims = false;
  #isOver = false;
  /** What is in calls kept the log longer than the roster says. */
  #waitsToTrim = false;

  /** `keepsAll`: every message goes into the log, as history. */
  constructor(roster: Roster, log: SessionLog, keepsAll: boolean, port: FanOutPort) {
    this.#roster = roster;
    this.#log = log;
    this.#keepsAll = keepsAll;
    this.#port = port;
    // An earlier life may have ended between a member's catching up and the trimming after it.
    this.#trims = log.count > 0;
  }

  /** Is so much open that senders should slow down? */
  get isFull(): boolean {
    return (
      this.#open.size >= LIMITS.sessionOpenMessages ||
      this.#openBytes >= LIMITS.sessionOpenBytes ||
      this.#openCalls >= LIMITS.sessionOpenCalls
    );
  }

  /** Sends a message to whom it is for; its fate is known after a `flush`. Seqs must come in order. */
  post(entry: LogEntry, options: PostOptions = {}): Fate {
    const { volatile = false, among, delivered, loggedAt } = options;
    const isOld = loggedAt !== undefined;
    const outcome = isOld ? "stored" : "delivered";
    const open: Open = { entry, volatile, isOld, waiting: 1, logged: false, outcome, fate: new Fate() };
    this.#open.add(open);
    this.#openBytes += entry.tail.length;
    if (this.#keepsAll && !volatile && !isOld) this.#toLog(open);
    const message: LaneMessage = {
      id: entry.id,
      tail: entry.tail,
      expiresAt: entry.expiresAt,
      volatile,
      push: entry.push,
      sessionSeq: entry.seq,
    };
    for (const member of recipients(this.#roster, entry)) {
      if (among !== undefined && !among(member)) continue;
      if (isOld && member.behindFrom !== null && member.behindFrom <= loggedAt) continue;
      const own = entry.wakes === undefined ? message : { ...message, push: hintFor(entry, member) };
      if (member.live) this.#call(open, member, own, delivered);
      else this.#missesUnseen(open, member);
    }
    this.#done(open);
    return open.fate;
  }

  #call(open: Open, member: Member, message: LaneMessage, delivered: PostOptions["delivered"]): void {
    open.waiting++;
    this.#openCalls++;
    const way = this.#ways.to(member);
    const { asked } = way;
    way.calls.add(open);
    const taken = this.#port.offer(member, message, (status) => {
      way.calls.delete(open);
      this.#openCalls--;
      if (status === "delivered" || status === "stored") delivered?.(member, open.entry.seq);
      this.#answer(open, member, status, way.asked === asked);
      this.#done(open);
    });
    if (taken) return this.#port.changed();
    way.calls.delete(open);
    open.waiting--;
    this.#openCalls--;
    this.#cannotReach(open, member);
  }

  /** `isCurrent`: since the call the member has not asked for what it lacks, or it got this message with the rest. */
  #answer(open: Open, member: Member, status: LaneStatus, isCurrent: boolean): void {
    const lacks = isCurrent && !open.volatile && this.#roster.get(member.nodeId) === member;
    switch (status) {
      case "delivered":
      case "dropped":
        return;
      case "stored":
        open.outcome = "stored";
        return;
      case "offline":
        if (lacks) this.#fallsBehind(open, member);
        // One that has asked for what it lacks since may be back.
        if (isCurrent) this.#port.isOffline(member);
        return;
      case "behind":
        if (lacks) this.#fallsBehind(open, member);
        return;
      default:
        // EXPIRED too: it catches up, and is told of the gap.
        if (lacks) this.#cannotReach(open, member);
    }
  }

  /** Its own object has noted that it lacks this message and what follows. */
  #fallsBehind(open: Open, member: Member): void {
    this.#misses(open);
    this.#lacks(member, open.entry.seq);
  }

  /** Its own object does not know yet that it lacks anything. */
  #cannotReach(open: Open, member: Member): void {
    if (open.volatile) return;
    this.#missesUnseen(open, member);
    member.told = false;
    this.#port.untold(member);
    this.#lacks(member, open.entry.seq);
  }

  #lacks(member: Member, seq: number): void {
    const before = member.behindFrom;
    member.live = false;
    if (before === null || seq < before) member.behindFrom = seq;
    this.#roster.save(member);
  }

  /** Somebody lacks this message: the log must have it before its sender is told anything. */
  #misses(open: Open): void {
    if (open.volatile) return;
    open.outcome = "stored";
    this.#toLog(open);
  }

  /** And its own object has not seen it. */
  #missesUnseen(open: Open, member: Member): void {
    this.#misses(open);
    if (!open.volatile && !open.isOld && wakes(open.entry, member)) this.#port.wake(member, open.entry);
  }

  #toLog(open: Open): void {
    if (open.logged) return;
    open.logged = true;
    this.#unlogged.push(open);
    this.#port.changed();
  }

  #done(open: Open): void {
    if (--open.waiting > 0) return;
    this.#answered.push(open);
    this.#port.changed();
  }

  /** The end of a tick: the log is written, then senders are told. */
  flush(now: number): void {
    this.#writeLog(now);
    const answered = this.#answered;
    this.#answered = [];
    for (const open of answered) {
      this.#open.delete(open);
      this.#openBytes -= open.entry.tail.length;
      open.fate.settle(this.#isOver && open.outcome !== "delivered" ? "SESSION_UNAUTHORIZED" : open.outcome);
    }
    if (this.#isOver) return;
    if (this.#trims || (this.#waitsToTrim && answered.length > 0)) this.trim(now);
  }

  /** Drops from the log what nobody needs any more. */
  trim(now: number): void {
    this.#trims = false;
    const needed = this.#roster.neededFrom();
    const from = this.#neededFrom(needed);
    this.#log.trim(from, now);
    this.#waitsToTrim = this.#log.count > 0 && from !== needed;
  }

  /** As the roster says; and what is still in a call may turn out to be lacking there too. */
  #neededFrom(needed = this.#roster.neededFrom()): number | undefined {
    for (const { entry, volatile } of this.#open) {
      if (!volatile) return Math.min(entry.seq, needed ?? Infinity);
    }
    return needed;
  }

  #writeLog(now: number): void {
    if (this.#unlogged.length === 0) return;
    const entries = this.#unlogged.map(({ entry }) => entry).toSorted((a, b) => a.seq - b.seq);
    this.#unlogged = [];
    if (this.#isOver) return;
    this.#log.append(entries, this.#neededFrom(), now);
    if (this.#keepsAll) this.#trims = true;
  }

  /**
   * A member that is behind asks for what it lacks; it has everything before `from`, but for what the session knows
   * better: then it is told to ask again from there. With `goesLive`, and where the page reaches the end, it is called again from
   * now on: what follows the page comes by calls, after it.
   */
  catchUp(
    member: Member,
    from: number,
    goesLive: boolean,
    now: number,
  ): { from: number; items: LogItem[]; next: number; live: boolean } {
    const way = this.#ways.to(member);
    // What it has not answered would come after the page: it gets that in its place, whatever it answers.
    for (const open of way.calls) this.#misses(open);
    const start = from === way.next ? from : this.#lackedFrom(member, from);
    way.asked++;
    this.#writeLog(now);
    // It asks again from there: were it given the page at once and that got lost, its next question would look like going on.
    const told = start === from;
    const { items, next, end } = told ? this.#read(member, from, now) : { items: [], next: start, end: false };
    way.next = told ? next : undefined;
    if (member.behindFrom !== start || member.told !== told) {
      member.behindFrom = start;
      member.told = told;
      this.#roster.save(member);
      this.#trimLater();
    }
    member.live = goesLive && end;
    return { from: start, items, next, live: member.live };
  }

  #read(member: Member, from: number, now: number): { items: LogItem[]; next: number; end: boolean } {
    const limits = { messages: LIMITS.sessionPageMessages, bytes: LIMITS.sessionPageBytes };
    return this.#log.read(from, (entry) => isFor(entry, member), limits, now);
  }

  /** What is for this member as the master of the game and may not have reached it, in order. */
  pendingForMaster(member: Member, now: number): LogEntry[] {
    this.#writeLog(now);
    const pending = new Map<number, LogEntry>();
    const keep = (entry: LogEntry): void => void (entry.isForMaster && pending.set(entry.seq, entry));
    if (member.behindFrom !== null) {
      const all = { messages: Infinity, bytes: Infinity };
      const { items } = this.#log.read(member.behindFrom, ({ to }) => to === member.nodeId, all, now);
      for (const item of items) if (!("gapTo" in item)) keep(item);
    }
    for (const { entry, volatile } of this.#ways.to(member).calls) if (!volatile) keep(entry);
    return [...pending.values()].toSorted((one, other) => one.seq - other.seq);
  }

  /** A member's object that was restarted may know less than the session of what it did not get. */
  #lackedFrom(member: Member, from: number): number {
    let start = member.told ? from : Math.min(from, member.behindFrom ?? from);
    for (const { entry, volatile } of this.#ways.to(member).calls) if (!volatile) start = Math.min(start, entry.seq);
    return start;
  }

  /** A member that went live has everything before `from` now; false where it has fallen behind again. */
  caughtUp(member: Member, from: number): boolean {
    if (!member.live) return false;
    if (member.behindFrom !== null && from !== this.#ways.to(member).next) return false;
    this.#lacksNothing(member);
    return true;
  }

  #lacksNothing(member: Member): void {
    if (member.behindFrom === null) return;
    member.behindFrom = null;
    member.told = true;
    this.#roster.save(member);
    this.#trimLater();
  }

  /** A member's object knows where the member stands. */
  isTold(member: Member): void {
    if (member.told) return;
    member.told = true;
    this.#roster.save(member);
  }

  /** A new member whose object knows of it: messages go to it from now on. */
  startsLive(member: Member): void {
    member.live = true;
    this.#lacksNothing(member);
  }

  /** A member is called no more, and lacks what follows from here on. */
  holdBack(member: Member, from: number): void {
    member.told = false;
    this.#lacks(member, from);
  }

  /** A member that lacks something of which its object does not know. */
  mustBeTold(member: Member): void {
    member.told = false;
    this.#roster.save(member);
    this.#port.untold(member);
    this.#port.changed();
  }

  /** The session is no more: nothing is written from now on, and what somebody missed is refused. */
  end(): void {
    this.#isOver = true;
  }

  /** What a member that is gone has kept the log for is needed no longer. */
  memberLeft(): void {
    this.#trimLater();
  }

  #trimLater(): void {
    this.#trims = true;
    this.#port.changed();
  }
}
