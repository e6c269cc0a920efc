/**
 * What a classic socket took in the last seconds. Such a client acks nothing, so when its socket
 * breaks abnormally these messages are queued again, as the original did.
 */
import { Deque } from "./deque.ts";
import type { Accepted } from "./outbox.ts";

export interface AssumedSentLimits {
  ms: number;
  messages: number;
  bytes: number;
}

export class AssumedSent {
  readonly #limits: AssumedSentLimits;
  readonly #sent = new Deque<{ at: number; message: Accepted }>();
  #bytes = 0;

  constructor(limits: AssumedSentLimits) {
    this.#limits = limits;
  }

  add(message: Accepted, now: number): void {
    this.#sent.push({ at: now, message });
    this.#bytes += message.tail.length;
    this.#forget(now);
  }

  /** Takes out, oldest first, what may not have arrived. */
  drain(now: number): Accepted[] {
    this.#forget(now);
    this.#bytes = 0;
    return this.#sent.drain().map(({ message }) => message);
  }

  #forget(now: number): void {
    for (let oldest = this.#sent.peek(); oldest !== undefined; oldest = this.#sent.peek()) {
      const fits = this.#sent.size <= this.#limits.messages && this.#bytes <= this.#limits.bytes;
      if (fits && now - oldest.at <= this.#limits.ms) return;
      this.#sent.shift();
      this.#bytes -= oldest.message.tail.length;
    }
  }
}
