/**
 * Under `npm run serve`, the way from the stand-in for queues to the `queue()` of the worker that is served: makes the batch that a
 * handler gets from Cloudflare and answers what became of each message. Only the stand-in is bound to it.
 */
import { WorkerEntrypoint } from "cloudflare:workers";

const MAX_DELAY_SECONDS = 86_400;
const DECODERS = {
  json: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
  text: (bytes) => new TextDecoder().decode(bytes),
  bytes: (bytes) => bytes,
};

/** The class of an entry that delivers to `main`, a worker's default export. */
export function queueEntrypoint(main) {
  return class extends WorkerEntrypoint {
    /**
     * Resolves when the handler is done with the messages: `{ [id]: { isAcked, delaySeconds } }`, which says of each one that is not
     * acked when it shall come again, where the handler said so. Never rejects for what the handler does.
     */
    async deliver(queue, messages, { metrics }) {
      const batch = new Batch(queue, messages, metrics);
      let hasFailed = false;
      try {
        await handle(main, batch, this.env, this.ctx);
      } catch (error) {
        console.error(`queue ${queue}: the handler threw ${error?.stack ?? error}`);
        hasFailed = true;
      }
      return Object.fromEntries(batch.messages.map((message) => [message.id, batch.answerFor(message, hasFailed)]));
    }
  };
}

/** Resolves when the handler and all that it handed to waitUntil() are done, rejects where one of them fails. */
async function handle(main, batch, env, { exports }) {
  const tasks = [];
  const ctx = { exports, props: {}, waitUntil: (task) => void tasks.push(task), passThroughOnException() {} };
  await main.queue(batch, env, ctx);
  while (tasks.length > 0) await Promise.all(tasks.splice(0));
}

/** What a message or a batch was answered with first counts; later calls are ignored, as on Cloudflare. */
class Answered {
  #answer;

  get answer() {
    return this.#answer;
  }

  set answer(answer) {
    this.#answer ??= answer;
  }
}

class Message extends Answered {
  constructor({ id, timestamp, attempts, contentType, body }) {
    super();
    Object.assign(this, { id, timestamp, attempts, body: DECODERS[contentType](body) });
  }

  ack() {
    this.answer = { isAcked: true };
  }

  retry(options) {
    this.answer = retried(options);
  }
}

class Batch extends Answered {
  constructor(queue, messages, { oldestMessageTimestamp, ...metrics }) {
    super();
    this.queue = queue;
    this.messages = messages.map((message) => new Message(message));
    const oldest = oldestMessageTimestamp === undefined ? undefined : new Date(oldestMessageTimestamp);
    this.metadata = { metrics: { ...metrics, ...(oldest && { oldestMessageTimestamp: oldest }) } };
  }

  ackAll() {
    this.answer = { isAcked: true };
  }

  retryAll(options) {
    this.answer = retried(options);
  }

  /** What was said of the message itself goes before what was said of all; a failure takes back only what was not said. */
  answerFor(message, hasFailed) {
    return message.answer ?? (hasFailed ? { isAcked: false } : (this.answer ?? { isAcked: true }));
  }
}

function retried({ delaySeconds } = {}) {
  if (delaySeconds === undefined) return { isAcked: false };
  if (Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= MAX_DELAY_SECONDS) {
    return { isAcked: false, delaySeconds };
  }
  throw new RangeError(`delaySeconds must be a whole number from 0 to ${MAX_DELAY_SECONDS}`);
}
