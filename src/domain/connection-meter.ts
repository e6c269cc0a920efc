/**
 * What one connection may send: a token bucket for messages and one for bytes. A burst over the
 * bucket is delayed a little rather than refused, so that a sender in a hurry needs no resend; past
 * that it is refused, and one that goes on all the same is closed.
 */
import { LIMITS } from "../protocol/limits.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface RateLimits {
  messagesPerSecond: number;
  bytesPerSecond: number;
}

export class ConnectionMeter {
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #refused = new Recent(LIMITS.maxRateViolations, 10_000);
  readonly #errors = new Recent(LIMITS.maxProtocolErrors, 60_000);

  constructor({ messagesPerSecond, bytesPerSecond }: RateLimits, now: number) {
    this.#messages = new TokenBucket(messagesPerSecond, messagesPerSecond * LIMITS.burstFactor, now);
    this.#bytes = new TokenBucket(bytesPerSecond, bytesPerSecond * LIMITS.burstFactor, now);
  }

  /** In how many ms a message of so many bytes may go on; Infinity where it is refused. */
  admit(bytes: number, now: number): number {
    const owedMs = Math.max(this.#bytes.owedMs(bytes, now), this.#messages.owedMs(1, now));
    if (owedMs > LIMITS.maxPacedMs) {
      this.#refused.count(now);
      return Infinity;
    }
    this.#bytes.take(bytes);
    this.#messages.take(1);
    return owedMs;
  }

  /** Acks and control messages are never delayed; they only use up what others could have had. */
  charge(now: number): void {
    if (this.#messages.owedMs(1, now) > LIMITS.maxPacedMs) this.#refused.count(now);
    else this.#messages.take(1);
  }

  /** Has it gone on for too long after being refused? */
  get overrun(): boolean {
    return this.#refused.tooMany;
  }

  /** Counts a protocol error; true where there were too many within a minute. */
  countError(now: number): boolean {
    this.#errors.count(now);
    return this.#errors.tooMany;
  }
}

/** Counts events within a span of time that begins with the first of them. */
class Recent {
  readonly #max: number;
  readonly #spanMs: number;
  #count = 0;
  #since = 0;

  constructor(max: number, spanMs: number) {
    this.#max = max;
    this.#spanMs = spanMs;
  }

  get tooMany(): boolean {
    return this.#count > this.#max;
  }

  count(now: number): void {
    if (now - this.#since > this.#spanMs) {
      this.#count = 0;
      this.#since = now;
    }
    this.#count++;
  }
}
