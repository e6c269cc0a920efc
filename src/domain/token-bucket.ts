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

  /** For how many ms so many tokens would be owed if they were taken now; 0 where they are there. */
  owedMs(tokens: number, now: number): number {
    // A clock that steps back must not hand out tokens twice, nor take any.
    if (now > this.#at) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
      this.#at = now;
    }
    return Math.max(0, (tokens - this.#tokens) / this.#perMs);
  }

  /** Takes tokens, owing them where they are not there. */
  take(tokens: number): void {
    this.#tokens -= tokens;
  }
}
