/**
 * Acks are cumulative: one for whatever was taken within 20 ms or 64 messages (PROTOCOL §4), the first of them at once, so
 * that a lone message is answered without a delay.
 */
const EVERY_MS = 20;
const EVERY_MESSAGES = 64;

export class AckPacer {
  readonly #ack: (seq: number, taken: readonly string[]) => void;
  #owed: number | undefined;
  #count = 0;
  #taken: string[] = [];
  #lastAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ack: (seq: number, taken: readonly string[]) => void) {
    this.#ack = ack;
  }

  start(): void {
    this.#owed = undefined;
    this.#count = 0;
    this.#lastAt = 0;
  }

  stop(): void {
    this.#owed = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The app took the message of this key. */
  took(key: string): void {
    this.#taken.push(key);
  }

  /** Everything up to `seq` is to be acked. */
  owes(seq: number): void {
    this.#owed = seq;
    if (++this.#count >= EVERY_MESSAGES) this.flush();
  }

  /** The app has taken what there was. */
  caughtUp(): void {
    if (this.#owed === undefined || this.#timer !== undefined) return;
    const dueInMs = this.#lastAt + EVERY_MS - Date.now();
    // A clock that was put back must not hold acks back.
    if (dueInMs <= 0 || dueInMs > EVERY_MS) this.flush();
    else this.#timer = setTimeout(() => this.flush(), dueInMs);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#owed === undefined) return;
    const seq = this.#owed;
    const taken = this.#taken;
    this.#owed = undefined;
    this.#taken = [];
    this.#count = 0;
    this.#lastAt = Date.now();
    this.#ack(seq, taken);
  }
}
