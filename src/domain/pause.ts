/**
 * How long to wait before something that failed is tried again: at first briefly, for a timer; once those tries are used
 * up for as long as an alarm is worth it, so that an object with nothing else to do leaves memory meanwhile.
 */
import { LIMITS } from "../protocol/limits.ts";
import { fullJitter } from "../protocol/backoff.ts";

const BASE_MS = 250;
/** A timer keeps its object in memory, so none is longer. */
const CAP_MS = 1_000;
const BRIEF_TRIES = 10;

/** Something that no other event may come for; times are ms. */
export interface Wait {
  /** undefined where the alarm is soon enough. */
  timerAt: number | undefined;
  /** In case the timer is lost with the object's memory. */
  alarmAt: number;
}

export class Pause implements Wait {
  #failures = 0;
  #until = 0;
  #alarmAt = 0;

  /** `random` is in [0, 1). */
  failed(now: number, random: number): void {
    if (this.#failures === 0 || now >= this.#alarmAt) this.#alarmAt = now + LIMITS.sessionRetellMs;
    const isBrief = this.#failures < BRIEF_TRIES;
    this.#until = isBrief ? now + fullJitter(this.#failures, BASE_MS, CAP_MS, random) : this.#alarmAt;
    this.#failures++;
  }

  /** It went well, or there is a reason to try at once. */
  end(): void {
    this.#failures = 0;
    this.#until = 0;
  }

  isOver(now: number): boolean {
    return this.#until <= now;
  }

  get timerAt(): number | undefined {
    return this.#until < this.#alarmAt ? this.#until : undefined;
  }

  get alarmAt(): number {
    return this.#alarmAt;
  }
}
