/** The one timer that may keep a NodeObject in memory: it runs only while something is unacked. */
import { LIMITS } from "../protocol/limits.ts";

export class GraceTimer {
  readonly #deadline: () => number | undefined;
  readonly #expire: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `deadline` answers when the oldest unacked message runs out of grace (ms), if there is any. */
  constructor(deadline: () => number | undefined, expire: () => void) {
    this.#deadline = deadline;
    this.#expire = expire;
  }

  /** Call at the end of a tick. Stops the timer where nothing is unacked any more. */
  arm(now: number): void {
    const deadline = this.#deadline();
    if (deadline === undefined) {
      clearTimeout(this.#timer);
      this.#timer = null;
    } else if (this.#timer === null) {
      this.#timer = setTimeout(() => this.#due(deadline), Math.max(0, deadline - now));
    }
  }

  /**
   * On a machine that is behind, timers are late and so is the reading of acks that have arrived: by
   * how much the timer was late, so much longer is waited for them.
   */
  #due(deadline: number): void {
    const lateMs = Math.min(Math.max(0, Date.now() - deadline), LIMITS.ackGraceMs);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#expire();
    }, lateMs);
  }
}
