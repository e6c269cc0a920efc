/**
 * Stands in for Cloudflare Queues under `npm run serve`. Each queue is an object: what is sent is on disk before the sender is answered,
 * and stays there until the consumer has answered for it. So a message is delivered at least once, in no promised order, and again after
 * a crash. All that happens by itself happens in the object's alarm: an idle queue has no timer, an empty one no alarm.
 */
import { DurableObject } from "cloudflare:workers";
import { QueueRequestError, readMessages } from "./queue-requests.js";
import { QueueStore } from "./queue-store.js";

/** workerd ends an alarm after 15 minutes: one that goes on delivering for the first, and waits for the second, is done before. */
const DELIVER_FOR_MS = 4 * 60_000;
const HANDLER_LIMIT_MS = 10 * 60_000;
/** After an error of the queue itself, such as a full disk. */
const TRY_AGAIN_AFTER_MS = 30_000;

export default {
  /** Called by queue bindings alone, whose props say which queue it is. */
  async fetch(request, env, ctx) {
    const { queue, deliveryDelaySeconds } = ctx.props;
    const object = env.QUEUE.getByName(queue);
    if (new URL(request.url).pathname === "/metrics") return Response.json(await object.metrics());
    try {
      const metrics = await object.add(await readMessages(request, deliveryDelaySeconds));
      return Response.json({ metadata: { metrics } });
    } catch (error) {
      if (!(error instanceof QueueRequestError)) throw error;
      return new Response(error.message, { status: error.status, headers: { "cf-queues-error-cause": error.message } });
    }
  },
};

export class QueueObject extends DurableObject {
  #name = this.ctx.id.name;
  #settings = this.env.CONSUMERS[this.#name];
  #store = new QueueStore(this.ctx.storage.sql);
  /** What the consumer has and has not answered for, by `seq`. In memory only: after a crash all of it is delivered again. */
  #taken = new Set();
  #deliveries = 0;
  #isDelivering = false;
  #wake = () => undefined;

  /** Resolves, as the output gate has it, when the messages are on disk. */
  async add(messages) {
    this.#store.add(messages, Date.now());
    if (this.#isDelivering) this.#wake();
    else await this.#setAlarm();
    return this.#store.metrics();
  }

  async metrics() {
    return this.#store.metrics();
  }

  async alarm() {
    const until = Date.now() + DELIVER_FOR_MS;
    let failure;
    this.#isDelivering = true;
    for (;;) {
      try {
        const goesOn = failure === undefined && Date.now() < until;
        if (goesOn) this.#deliverWhatIsReady();
        if (this.#deliveries === 0) break;
        await this.#untilSomethingChanges(goesOn);
      } catch (error) {
        // Thrown on, it would be tried a few times and then forgotten until somebody sends again.
        console.error(`queue ${this.#name}: ${error.stack}`);
        failure = error;
      }
    }
    this.#isDelivering = false;
    if (failure === undefined) await this.#setAlarm();
    else await this.ctx.storage.setAlarm(Date.now() + TRY_AGAIN_AFTER_MS);
  }

  #deliverWhatIsReady() {
    this.#store.forgetDead(Date.now());
    while (this.#deliveries < this.#settings.maxConcurrency) {
      const now = Date.now();
      if (!(this.#readyAt() <= now)) return;
      const due = this.#store.next(this.#settings.maxBatchSize, this.#taken).filter(({ due_at }) => due_at <= now);
      const messages = due.map(({ seq }) => this.#store.read(seq));
      for (const { seq } of messages) this.#taken.add(seq);
      this.#deliveries += 1;
      this.ctx.waitUntil(this.#deliver(messages));
    }
  }

  /** When the next batch is to go: when it is full, or its first message has waited long enough. Undefined for none. */
  #readyAt() {
    const { maxBatchSize, maxBatchTimeoutSeconds } = this.#settings;
    const next = this.#store.next(maxBatchSize, this.#taken);
    if (next.length === 0) return undefined;
    const latest = next[0].due_at + maxBatchTimeoutSeconds * 1_000;
    return next.length < maxBatchSize ? latest : Math.min(latest, next.at(-1).due_at);
  }

  /** Never rejects: what cannot be noted is delivered again. */
  async #deliver(messages) {
    let failure;
    try {
      const metadata = { metrics: this.#store.metrics() };
      const answers = await this.#ask(messages, metadata);
      this.ctx.storage.transactionSync(() => {
        for (const message of messages) this.#settle(message, answers?.[message.id]);
      });
    } catch (error) {
      failure = error;
    }
    for (const { seq } of messages) this.#taken.delete(seq);
    this.#deliveries -= 1;
    this.#wake(failure);
  }

  /** The consumer's answers by message id: see queue-entrypoint.js. Undefined where there is none, so that all are retried. */
  async #ask(messages, metadata) {
    const { promise, reject } = Promise.withResolvers();
    const timer = setTimeout(() => reject(new Error("it took too long")), HANDLER_LIMIT_MS);
    try {
      return await Promise.race([this.env.CONSUMER.deliver(this.#name, messages, metadata), promise]);
    } catch (error) {
      console.error(`queue ${this.#name}: the consumer did not answer for ${messages.length} messages: ${error}`);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #settle(message, answer = {}) {
    if (answer.isAcked) return this.#store.remove(message);
    const { maxRetries, retryDelaySeconds, deadLetterQueue } = this.#settings;
    const now = Date.now();
    if (message.attempts <= maxRetries) {
      return this.#store.postpone(message, now + (answer.delaySeconds ?? retryDelaySeconds) * 1_000);
    }
    if (deadLetterQueue === undefined) this.#store.remove(message);
    else this.#store.bury(message, deadLetterQueue, now);
    const fate = deadLetterQueue === undefined ? "dropped" : `moved to ${deadLetterQueue}`;
    console.warn(`queue ${this.#name}: message ${message.id} ${fate} after ${message.attempts} attempts`);
  }

  /** A delivery has ended, or while it goes on, something was sent or a batch is ready. Rejects with what a delivery failed with. */
  async #untilSomethingChanges(goesOn) {
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#wake = (failure) => (failure === undefined ? resolve() : reject(failure));
    const hasRoom = goesOn && this.#deliveries < this.#settings.maxConcurrency;
    const readyAt = hasRoom ? this.#readyAt() : undefined;
    const timer = readyAt === undefined ? undefined : setTimeout(() => resolve(), Math.max(1, readyAt - Date.now()));
    await promise.finally(() => clearTimeout(timer));
  }

  /** To when there is something to do again; none where there never is. */
  async #setAlarm() {
    const times = [this.#readyAt(), this.#store.deadUntil()].filter((time) => time !== undefined);
    if (times.length > 0) await this.ctx.storage.setAlarm(Math.min(...times));
  }
}
