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
  #refused = 0;
  #errors = 0;
  #errorsSince = 0;

  constructor({ messagesPerSecond, bytesPerSecond }: RateLimits, now: number) {
    this.#messages = new TokenBucket(messagesPerSecond, messagesPerSecond * LIMITS.burstFactor, now);
    this.#bytes = new TokenBucket(bytesPerSecond, bytesPerSecond * LIMITS.burstFactor, now);
  }

  /** In how many ms a message of so many bytes may go on; Infinity where it is refused. */
  admit(bytes: number, now: number): number {
    const owed = Math.max(
      this.#bytes.take(bytes, now, LIMITS.maxPacedMs),
      this.#messages.take(1, now, LIMITS.maxPacedMs),
    );
    this.#refused = owed === Infinity ? this.#refused + 1 : 0;
    return owed;
  }

  /** Acks and control messages are never delayed; they only use up what others could have had. */
  charge(now: number): void {
    if (this.#messages.take(1, now, LIMITS.maxPacedMs) === Infinity) this.#refused++;
  }

  /** Has it gone on for too long after being refused? */
  get overrun(): boolean {
    return this.#refused > LIMITS.maxRateViolations;
  }

  /** Counts a protocol error; true where there were too many within a minute. */
  countError(now: number): boolean {
    if (now - this.#errorsSince > 60_000) {
      this.#errors = 0;
      this.#errorsSince = now;
    }
    this.#errors++;
    return this.#errors > LIMITS.maxProtocolErrors;
  }
}
