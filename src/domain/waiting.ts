/** Messages that wait in memory for room on a connection, oldest first, bounded in number and size. */
import { LIMITS } from "../protocol/limits.ts";
import { Deque } from "./deque.ts";
import type { Accepted } from "./outbox.ts";

export class Waiting {
  readonly #messages = new Deque<Accepted>();
  #bytes = 0;

  get size(): number {
    return this.#messages.size;
  }

  get isFull(): boolean {
    return this.#messages.size >= LIMITS.maxWaitingMessages || this.#bytes >= LIMITS.maxWaitingBytes;
  }

  peek(): Accepted | undefined {
    return this.#messages.peek();
  }

  push(message: Accepted): void {
    this.#messages.push(message);
    this.#bytes += message.tail.length;
  }

  /** Puts messages, in order, before all others. */
  unshift(messages: readonly Accepted[]): void {
    this.#messages.unshift(messages);
    for (const { tail } of messages) this.#bytes += tail.length;
  }

  /** Takes the oldest; there must be one. */
  shift(): Accepted {
    const message = this.#messages.shift()!;
    this.#bytes -= message.tail.length;
    return message;
  }

  /** Takes all. */
  drain(): Accepted[] {
    this.#bytes = 0;
    return this.#messages.drain();
  }
}
