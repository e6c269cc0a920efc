/**
 * Acks are cumulative: one for whatever was taken within 20 ms or 64 messages (PROTOCOL §4), the first of them at once, so
 * that a lone message is answered without a delay.
 */
const EVERY_MS = 20;
const EVERY_MESSAGES = 64;

export class AckPacer {
  readonly #ack: (seq: number) => void;
  #owed: number | undefined;
  #count = 0;
  #lastAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ack: (seq: number) => void) {
    this.#ack = ack;
  }

  /** Forgets what is owed: a new connection has acks of its own. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#owed = undefined;
    this.#count = 0;
    this.#lastAt = 0;
  }

  /** Everything up to `seq` is to be acked, `messages` of it since the last time. */
  owes(seq: number, messages: number): void {
    this.#owed = seq;
    this.#count += messages;
    const dueInMs = this.#lastAt + EVERY_MS - Date.now();
    // A clock that was put back must not hold acks back.
    if (this.#count >= EVERY_MESSAGES || dueInMs <= 0 || dueInMs > EVERY_MS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), dueInMs);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#owed === undefined) return;
    const seq = this.#owed;
    this.#owed = undefined;
    this.#count = 0;
    this.#lastAt = Date.now();
    this.#ack(seq);
  }
}
