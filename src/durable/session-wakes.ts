/**
 * Wakes the objects of members that are away, where they want it: each hears of one message and says from when on it wants to
 * hear of another, so that a busy session costs it no more than a quiet one. All of it is in memory: a wake that is lost
 * with it costs a push, not a message. No sender waits for any of this.
 */
import { type SessionWake, sessionWake } from "../domain/push/session-wake.ts";
import { Pause } from "../domain/pause.ts";
import type { Member } from "../domain/session/member.ts";
import type { Roster } from "../domain/session/roster.ts";
import type { LogEntry } from "../domain/session/session-log.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { MemberRpc } from "./rpc.ts";

export interface SessionWakesPort {
  /** Calls the object of a node. */
  wake(nodeId: string, wake: SessionWake): ReturnType<MemberRpc["wake"]>;
  /** Calls back once, after about so many ms. */
  after(delayMs: number, callback: () => void): void;
  now(): number;
  /** In [0, 1). */
  random(): number;
}

interface Due {
  wake: SessionWake;
  /** After calls that failed. */
  pause: Pause;
}

export class SessionWakes {
  readonly #roster: Roster;
  readonly #port: SessionWakesPort;
  readonly #due = new Map<Member, Due>();
  /** Those that wait: for a pause to end, or for their object to know that they lack something. */
  readonly #later = new Map<Member, Due>();
  readonly #calling = new Set<Member>();
  /** How often a member's object has said by itself whether it wants to be woken. */
  readonly #told = new WeakMap<Member, number>();
  #last: { entry: LogEntry; wake: SessionWake } | undefined;
  #isTimerSet = false;

  constructor(roster: Roster, port: SessionWakesPort) {
    this.#roster = roster;
    this.#port = port;
  }

  /** A member lacks this message, and its object has not seen it. Of several until it is woken the first counts. */
  add(member: Member, entry: LogEntry): void {
    const now = this.#port.now();
    if (member.wakeFrom > now || this.#due.has(member) || this.#later.has(member)) return;
    if (entry.expiresAt !== 0 && entry.expiresAt <= now) return;
    this.#due.set(member, { wake: this.#wakeFor(entry, now), pause: new Pause() });
  }

  /** The same for all whom a message wakes. */
  #wakeFor(entry: LogEntry, now: number): SessionWake {
    if (this.#last?.entry !== entry) this.#last = { entry, wake: sessionWake(entry, now) };
    return this.#last.wake;
  }

  /** Calls those that are due; call it at the end of a tick. */
  flush(): void {
    this.#last = undefined;
    for (const [member, due] of this.#due) {
      if (this.#calling.size >= LIMITS.sessionJoinsInFlight) return;
      // What is said while it is called waits for its answer.
      if (this.#calling.has(member)) continue;
      this.#due.delete(member);
      if (!this.#wants(member)) continue;
      if (member.told) void this.#wake(member, due);
      else this.#later.set(member, due);
    }
  }

  /** Members' objects were told where they stand: those that waited for that are called. */
  retry(): void {
    const now = this.#port.now();
    for (const [member, due] of this.#later) {
      if (this.#wants(member) && (!member.told || !due.pause.isOver(now))) continue;
      this.#later.delete(member);
      this.#due.set(member, due);
    }
    this.flush();
    this.#setTimer(now);
  }

  #wants(member: Member): boolean {
    return member.wakes && this.#roster.get(member.nodeId) === member;
  }

  async #wake(member: Member, due: Due): Promise<void> {
    const note = this.asking(member);
    this.#calling.add(member);
    try {
      const { nextAt } = await this.#port.wake(member.nodeId, due.wake);
      if (nextAt === null) note(false);
      else member.wakeFrom = nextAt;
      if (member.wakeFrom > this.#port.now()) this.#due.delete(member);
    } catch (error) {
      this.#failed(member, due, error as Error);
    }
    this.#calling.delete(member);
    this.flush();
  }

  #failed(member: Member, due: Due, error: Error): void {
    const now = this.#port.now();
    due.pause.failed(now, this.#port.random());
    // What was said since came after this.
    this.#due.delete(member);
    if (due.pause.timerAt === undefined) {
      console.error("a member's object could not be woken:", error.message);
      member.wakeFrom = due.pause.alarmAt;
      return;
    }
    this.#later.set(member, due);
    this.#setTimer(now);
  }

  /** One timer for all that failed; those that wait for something else need none. */
  #setTimer(now: number): void {
    if (this.#isTimerSet) return;
    let at = Infinity;
    for (const [{ told }, { pause }] of this.#later) {
      if (told && pause.timerAt !== undefined) at = Math.min(at, pause.timerAt);
    }
    if (at === Infinity) return;
    this.#isTimerSet = true;
    this.#port.after(Math.max(0, at - now), () => {
      this.#isTimerSet = false;
      this.retry();
    });
  }

  /** A member's object says by itself whether it wants to be woken. */
  told(member: Member, wakes: boolean): void {
    this.#told.set(member, this.#timesTold(member) + 1);
    this.#note(member, wakes);
  }

  /**
   * Before a member's object is asked: takes its answer. What it says by itself in the meantime is newer than that, and the
   * two may come in either order.
   */
  asking(member: Member): (wakes: boolean) => void {
    const before = this.#timesTold(member);
    return (wakes) => {
      if (this.#timesTold(member) === before) this.#note(member, wakes);
    };
  }

  #timesTold(member: Member): number {
    return this.#told.get(member) ?? 0;
  }

  #note(member: Member, wakes: boolean): void {
    if (member.wakes === wakes) return;
    member.wakes = wakes;
    this.#roster.save(member);
  }
}
