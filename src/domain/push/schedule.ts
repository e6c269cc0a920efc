/**
 * When a node is pushed to (DESIGN §4): some time after the first message that it has not acked, and not again within the
 * throttle, however much comes. Pure: what is to outlive memory is handed to `save`, the clock comes in as an argument.
 */

/** What has to be remembered of a node's pushes. Times are ms. */
export interface PushMemory {
  /** When the next push is due, unless nothing waits then. */
  dueAt: number | null;
  /** When the last one went out, and up to which seq it stands for everything. */
  pushedAt: number;
  pushedTo: number;
  /** Was the node connected when last noted? An object that finds this true and no sockets was cut off from them. */
  online: boolean;
}

export const NOTHING_PUSHED: PushMemory = { dueAt: null, pushedAt: 0, pushedTo: 0, online: false };

export interface PushTimes {
  /** How long a connected node, or one whose connection just broke, may take to ack. */
  delayMs: number;
  throttleMs: number;
}

export class PushSchedule {
  readonly #times: PushTimes;
  readonly #save: (memory: PushMemory) => void;
  #memory: PushMemory;
  /** Since when the node is cut off, where it did not take its leave: it is likely to be back in a moment. */
  #brokenAt: number | undefined;
  /** The message that the push is due for: a connected node that gets past it is merely slow. */
  #waitsFor: number | undefined;

  /** `isOnline`: sockets were found open at the start, `now`. */
  constructor(
    memory: PushMemory,
    times: PushTimes,
    isOnline: boolean,
    now: number,
    save: (memory: PushMemory) => void,
  ) {
    this.#memory = { ...memory, online: isOnline };
    this.#times = times;
    this.#save = save;
    if (memory.online && !isOnline) this.#brokenAt = now;
  }

  get dueAt(): number | null {
    return this.#memory.dueAt;
  }

  /** Everything up to this seq was pushed for. */
  get pushedTo(): number {
    return this.#memory.pushedTo;
  }

  /** When a push could go out for what comes now, at the earliest. */
  nextAt(now: number): number {
    return this.#memory.dueAt ?? Math.max(now, this.#memory.pushedAt + this.#times.throttleMs);
  }

  /** The node has its first connection. */
  connected(): void {
    this.#brokenAt = undefined;
    this.#remember({ online: true });
  }

  /** It has lost its last one; `isClean`: it meant to go. */
  disconnected(isClean: boolean, now: number): void {
    this.#brokenAt = isClean ? undefined : now;
    this.#remember({ online: false });
  }

  /** Something has been unacked since `since`; `first` is its seq, where it has one. */
  waits(since: number, first: number | undefined): void {
    if (this.#memory.dueAt !== null) return;
    this.#waitsFor = first;
    this.#remember({ dueAt: Math.max(this.#from(since), this.#memory.pushedAt + this.#times.throttleMs) });
  }

  #from(since: number): number {
    if (this.#memory.online) return since + this.#times.delayMs;
    return Math.max(since, (this.#brokenAt ?? -Infinity) + this.#times.delayMs);
  }

  /**
   * Is it time to push, with `first` the oldest that still waits (undefined for none that has a seq) and `others` that have
   * none? A connected node that has acked what it was due for gets its time anew.
   */
  decide(now: number, first: number | undefined, others: boolean): boolean {
    const { dueAt, online } = this.#memory;
    if (dueAt === null || dueAt > now) return false;
    if (first === undefined && !others) {
      this.#remember({ dueAt: null });
      return false;
    }
    const isSlow = online && !others && this.#waitsFor !== undefined && first !== this.#waitsFor;
    if (!isSlow) return true;
    this.#waitsFor = first;
    this.#remember({ dueAt: now + this.#times.delayMs });
    return false;
  }

  /** A push goes out, for everything up to this seq. */
  pushed(now: number, upTo: number): void {
    this.#waitsFor = undefined;
    this.#remember({ dueAt: null, pushedAt: now, pushedTo: upTo });
  }

  #remember(change: Partial<PushMemory>): void {
    const keys = Object.keys(change) as (keyof PushMemory)[];
    if (keys.every((key) => change[key] === this.#memory[key])) return;
    this.#memory = { ...this.#memory, ...change };
    this.#save(this.#memory);
  }
}
