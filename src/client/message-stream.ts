/** `for await (const message of allspark.messages())`: a message counts as taken when the loop asks for the next. */
import type { IncomingMessage } from "./message.ts";

type Result = IteratorResult<IncomingMessage, undefined>;

const DONE: Result = { done: true, value: undefined };

export class MessageStream implements AsyncIterableIterator<IncomingMessage, undefined, void> {
  readonly #began: (stream: MessageStream) => void;
  readonly #ended: (stream: MessageStream) => void;
  #isDone = false;
  /** Of the message at hand. */
  #taken: (() => void) | undefined;
  readonly #fetchers: ((result: Result) => void)[] = [];

  /** It takes messages from the first that is asked for, so that one that is never read holds nothing up, until it has ended. */
  constructor(began: (stream: MessageStream) => void, ended: (stream: MessageStream) => void) {
    this.#began = began;
    this.#ended = ended;
  }

  /** Resolves when the loop is through with it. Somebody waits for it: the last message was taken by asking for this one. */
  offer(message: IncomingMessage): Promise<void> {
    this.#fetchers.shift()?.({ done: false, value: message });
    // Whoever asked for several at once has asked for the one after it.
    if (this.#fetchers.length > 0) return Promise.resolve();
    return new Promise((resolve) => (this.#taken = resolve));
  }

  next(): Promise<Result> {
    this.#taken?.();
    if (this.#isDone) return Promise.resolve(DONE);
    return new Promise((resolve) => {
      this.#fetchers.push(resolve);
      this.#began(this);
    });
  }

  /** Ends it; the message at hand counts as taken. */
  return(): Promise<Result> {
    this.#taken?.();
    this.end();
    return Promise.resolve(DONE);
  }

  end(): void {
    this.#isDone = true;
    this.#ended(this);
    for (const resolve of this.#fetchers.splice(0)) resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
