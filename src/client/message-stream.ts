/** `for await (const message of allspark.messages())`: a message counts as taken when the loop asks for the next. */
import type { IncomingMessage } from "./message.ts";

type Result = IteratorResult<IncomingMessage, undefined>;

const DONE: Result = { done: true, value: undefined };

export class MessageStream implements AsyncIterableIterator<IncomingMessage, undefined, void> {
  readonly #began: (stream: MessageStream) => void;
  readonly #ended: (stream: MessageStream) => void;
  #isDone = false;
  /** Offered and not yet fetched, or fetched and not yet taken. */
  #offer: { message: IncomingMessage; settle: (isTaken: boolean) => void; isFetched: boolean } | undefined;
  readonly #fetchers: ((result: Result) => void)[] = [];

  /** It takes messages from the first that is asked for, so that one that is never read holds nothing up, until it has ended. */
  constructor(began: (stream: MessageStream) => void, ended: (stream: MessageStream) => void) {
    this.#began = began;
    this.#ended = ended;
  }

  /** Resolves when the loop is through with it: true, or false where it ended before it fetched the message. */
  offer(message: IncomingMessage): Promise<boolean> {
    return new Promise((settle) => {
      this.#offer = { message, settle, isFetched: false };
      this.#serve();
    });
  }

  next(): Promise<Result> {
    if (this.#offer?.isFetched) this.#settle(true);
    if (this.#isDone) return Promise.resolve(DONE);
    this.#began(this);
    return new Promise((resolve) => {
      this.#fetchers.push(resolve);
      this.#serve();
    });
  }

  /** Ends it; the message at hand counts as taken. One that was never fetched does not, and comes again. */
  return(): Promise<Result> {
    if (this.#offer?.isFetched) this.#settle(true);
    this.end();
    return Promise.resolve(DONE);
  }

  end(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#ended(this);
    if (this.#offer?.isFetched === false) this.#settle(false);
    for (const resolve of this.#fetchers.splice(0)) resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #serve(): void {
    const offer = this.#offer;
    if (offer === undefined || offer.isFetched) return;
    const resolve = this.#fetchers.shift();
    if (resolve === undefined) return;
    offer.isFetched = true;
    resolve({ done: false, value: offer.message });
  }

  #settle(isTaken: boolean): void {
    const offer = this.#offer;
    this.#offer = undefined;
    offer?.settle(isTaken);
  }
}
