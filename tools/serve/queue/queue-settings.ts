/**
 * The queues of wrangler.toml as `npm run serve` needs them. What it does not know, or could not keep the promise of, is refused rather
 * than left out: a message that nobody takes would be found late.
 */
import { Refusal } from "../refusal.ts";

/** How a queue is consumed, defaults filled in. */
export interface QueueConsumer {
  queue: string;
  maxBatchSize: number;
  maxBatchTimeoutSeconds: number;
  maxRetries: number;
  /** Between an attempt that failed and the next, where the handler does not say. */
  retryDelaySeconds: number;
  /** Batches that may be with the handler at a time. */
  maxConcurrency: number;
  /** Without it messages that failed for good are dropped. */
  deadLetterQueue?: string;
}

export interface QueueProducer {
  binding: string;
  queue: string;
  /** For messages that are sent without a delay of their own. */
  deliveryDelaySeconds: number;
}

export interface QueueSettings {
  producers: QueueProducer[];
  consumers: QueueConsumer[];
}

type Fields = Record<string, unknown>;

/** Cloudflare goes up to 250; one machine has the objects to serve too. */
const MAX_CONCURRENCY = 4;
const MAX_DELAY_SECONDS = 86_400;

/** `queues` of wrangler.toml, as wrangler reads it. Throws Refusal with the place of what cannot be served. */
export function readQueues(queues: { producers?: unknown; consumers?: unknown }): QueueSettings {
  const producers = ((queues.producers ?? []) as Fields[]).map(readProducer);
  const consumers = ((queues.consumers ?? []) as Fields[]).map(readConsumer);
  const produced = new Set(producers.map(({ queue }) => queue));
  const consumed = new Set(consumers.map(({ queue }) => queue));
  if (consumed.size < consumers.length) throw refusal("a queue has more than one consumer");
  for (const queue of produced) {
    if (!consumed.has(queue)) throw refusal(`the queue ${queue} has no consumer here, so its messages would pile up`);
  }
  for (const { queue, deadLetterQueue } of consumers) {
    if (!produced.has(queue)) throw refusal(`the queue ${queue} has no producer here, so nothing would ever come`);
    if (deadLetterQueue !== undefined && (produced.has(deadLetterQueue) || consumed.has(deadLetterQueue))) {
      throw refusal(`the dead-letter queue ${deadLetterQueue} is used otherwise too, but here it is only kept`);
    }
  }
  return { producers, consumers };
}

function readProducer(fields: Fields): QueueProducer {
  const { binding, queue, delivery_delay: delay, ...unknown } = fields;
  if (typeof binding !== "string" || typeof queue !== "string") {
    throw refusal(`a producer needs a binding and a queue`);
  }
  const where = `the producer ${binding}`;
  refuseUnknown(where, unknown);
  return { binding, queue, deliveryDelaySeconds: count(`delivery_delay of ${where}`, delay, 0, 0, MAX_DELAY_SECONDS) };
}

/** Defaults and bounds as https://developers.cloudflare.com/queues/configuration/configure-queues/ has them. */
function readConsumer(fields: Fields): QueueConsumer {
  const {
    queue,
    type = "worker",
    max_batch_size: size,
    max_batch_timeout: timeout,
    max_retries: retries,
    retry_delay: delay,
    max_concurrency: concurrency,
    dead_letter_queue: dead,
    ...unknown
  } = fields;
  if (typeof queue !== "string") throw refusal("a consumer needs a queue");
  const where = `the consumer of ${queue}`;
  refuseUnknown(where, unknown);
  if (type !== "worker") throw refusal(`${where} is no worker`);
  if (dead !== undefined && typeof dead !== "string") throw refusal(`dead_letter_queue of ${where} must be a name`);
  const most = count(`max_concurrency of ${where}`, concurrency ?? undefined, MAX_CONCURRENCY, 1, 250);
  return {
    queue,
    maxBatchSize: count(`max_batch_size of ${where}`, size, 10, 1, 100),
    maxBatchTimeoutSeconds: count(`max_batch_timeout of ${where}`, timeout, 5, 0, 60),
    maxRetries: count(`max_retries of ${where}`, retries, 3, 0, 100),
    retryDelaySeconds: count(`retry_delay of ${where}`, delay, 0, 0, MAX_DELAY_SECONDS),
    maxConcurrency: Math.min(most, MAX_CONCURRENCY),
    ...(dead !== undefined && { deadLetterQueue: dead }),
  };
}

function refuseUnknown(where: string, unknown: Fields): void {
  const names = Object.keys(unknown);
  if (names.length > 0) throw refusal(`${where} has ${names.join(", ")}, which npm run serve does not know`);
}

function count(name: string, value: unknown, standard: number, least: number, most: number): number {
  if (value === undefined) return standard;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw refusal(`${name} must be a whole number from ${least} to ${most}`);
}

function refusal(why: string): Refusal {
  return new Refusal(`[queues] in wrangler.toml: ${why}`);
}
