/** Rate limit of one connection: tokens come at a steady rate up to a burst, and may be owed for a while. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** `perSecond` tokens a second, at most `burst` saved up; `now` in ms. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /**
   * Takes tokens and answers for how many ms they are owed: 0 where they were there. Where they
   * would be owed for more than `maxOwedMs`, nothing is taken and the answer is Infinity.
   */
  take(tokens: number, now: number, maxOwedMs: number): number {
    // A clock that steps back must not hand out tokens twice, nor take any.
    if (now > this.#at) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
      this.#at = now;
    }
    const owedMs = Math.max(0, (tokens - this.#tokens) / this.#perMs);
    if (owedMs > maxOwedMs) return Infinity;
    this.#tokens -= tokens;
    return owedMs;
  }
}
