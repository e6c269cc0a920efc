/** Which queues of a wrangler.toml `npm run serve` takes on, and which it refuses. */
import { expect, test } from "vitest";
import { readQueues } from "../../../tools/serve/queue/queue-settings.ts";
import { Refusal } from "../../../tools/serve/refusal.ts";

const producer = { binding: "JOBS", queue: "jobs" };
const consumer = { queue: "jobs" };

test("everything that wrangler.toml may say of a Worker's queues is read", () => {
  const all = {
    type: "worker",
    max_batch_size: 100,
    max_batch_timeout: 60,
    max_retries: 100,
    retry_delay: 86_400,
    max_concurrency: 2,
    dead_letter_queue: "dead",
  };
  expect(readQueues({ producers: [{ ...producer, delivery_delay: 7 }], consumers: [{ ...consumer, ...all }] })).toEqual(
    {
      producers: [{ ...producer, deliveryDelaySeconds: 7 }],
      consumers: [
        {
          queue: "jobs",
          maxBatchSize: 100,
          maxBatchTimeoutSeconds: 60,
          maxRetries: 100,
          retryDelaySeconds: 86_400,
          maxConcurrency: 2,
          deadLetterQueue: "dead",
        },
      ],
    },
  );
});

test.each([[null], [250], [undefined]])("max_concurrency %s is four batches at a time", (max_concurrency) => {
  const { consumers } = readQueues({ producers: [producer], consumers: [{ ...consumer, max_concurrency }] });
  expect(consumers[0]?.maxConcurrency).toBe(4);
});

test.each([
  [{ producers: [{ ...producer, remote: true }], consumers: [consumer] }, "the producer JOBS has remote"],
  [{ producers: [producer], consumers: [{ ...consumer, visibility_timeout_ms: 5 }] }, "has visibility_timeout_ms"],
  [{ producers: [producer], consumers: [{ ...consumer, type: "http_pull" }] }, "the consumer of jobs is no worker"],
  [{ producers: [{ binding: "JOBS" }] }, "a producer needs a binding and a queue"],
  [{ producers: [producer] }, "the queue jobs has no consumer"],
  [{ consumers: [consumer] }, "the queue jobs has no producer"],
  [{ producers: [producer], consumers: [consumer, consumer] }, "more than one consumer"],
  [
    { producers: [producer], consumers: [{ ...consumer, dead_letter_queue: "jobs" }] },
    "dead-letter queue jobs is used",
  ],
  [{ producers: [producer], consumers: [{ ...consumer, max_retries: 101 }] }, "max_retries of the consumer of jobs"],
  [{ producers: [producer], consumers: [{ ...consumer, max_batch_size: 0 }] }, "whole number from 1 to 100"],
  [{ producers: [{ ...producer, delivery_delay: 0.5 }], consumers: [consumer] }, "delivery_delay of the producer JOBS"],
])("%j is refused", (queues, why) => {
  expect(() => readQueues(queues)).toThrow(Refusal);
  expect(() => readQueues(queues)).toThrow(why);
});
