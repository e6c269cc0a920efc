/** A worker with queues (queued-worker.js) on workerd as `npm run serve` runs one, and what its consumer is given. */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { queueScripts } from "../../tools/serve/queue/queue-scripts.ts";
import { readQueues } from "../../tools/serve/queue/queue-settings.ts";
import { workerdConfig } from "../../tools/serve/workerd-config.ts";
import { startWorkerd, type Workerd } from "../../tools/serve/workerd.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export interface Body {
  name: string;
  /** What the consumer does at the first attempt, the second…: see queued-worker.js. Nothing, which acks it, after the last. */
  plan?: string[];
}

export interface Delivery {
  queue: string;
  /** Of the batch that it came in. */
  batch: number;
  id: string;
  attempts: number;
  body: Body;
  sentAt: number;
  at: number;
}

export interface QueueServer {
  /** What the consumer was given, from the start and over restarts. */
  deliveries: Delivery[];
  /** The most batches that were with the consumer at a time. */
  concurrency(): number;
  /** How many messages there were in the queue, as the consumer was told with each batch. */
  backlogs: number[];
  /** Batches that come from now on stay with the consumer until the returned function is called. */
  hold(): () => void;
  /** Resolves when the queue has confirmed it; rejects with what it said where it refuses. */
  post(binding: string, what: Record<string, unknown>): Promise<void>;
  send(binding: string, bodies: Body[], options?: { delaySeconds: number }): Promise<void>;
  names: () => string[];
  kill(): Promise<void>;
  start(): Promise<void>;
  /** What workerd has printed. */
  output(): string;
  data: string;
}

/** Starts it with `queues` as they would stand in wrangler.toml. */
export async function startQueueServer(queues: Parameters<typeof readQueues>[0]): Promise<QueueServer> {
  const data = temporaryFolder("queue");
  const deliveries: Delivery[] = [];
  const backlogs: number[] = [];
  let batches = 0;
  let current = 0;
  let most = 0;
  let gate: Promise<void> = Promise.resolve();

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { queue, backlog, messages } = (await json(request)) as {
      queue: string;
      backlog: number;
      messages: Omit<Delivery, "queue" | "batch" | "at">[];
    };
    const batch = (batches += 1);
    backlogs.push(backlog);
    for (const message of messages) deliveries.push({ ...message, queue, batch, at: Date.now() });
    most = Math.max(most, (current += 1));
    await gate;
    current -= 1;
    response.end();
  };
  const collector = createServer((request, response) => void take(request, response));
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  onTestFinished(() => void collector.close());
  onTestFinished(() => collector.closeAllConnections());

  const config = join(data, "workerd.capnp");
  const contents = await readFile(join(import.meta.dirname, "queued-worker.js"), "utf8");
  await writeFile(
    config,
    workerdConfig({
      compatibilityDate: "2026-10-01",
      modules: [{ name: "worker.js", type: "esm", contents }],
      storage: data,
      vars: { COLLECTOR: `http://127.0.0.1:${(collector.address() as AddressInfo).port}` },
      allowPrivateNetwork: true,
      queues: { ...readQueues(queues), uniqueKey: "queues", scripts: queueScripts() },
    }),
  );

  const output = new PassThrough();
  let printed = "";
  output.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  let workerd: Workerd | undefined;
  const start = async (): Promise<void> => {
    workerd = await startWorkerd({ config, host: "127.0.0.1", port: 0, output });
  };
  onTestFinished(() => workerd?.stop());
  await start();

  const post = async (binding: string, what: Record<string, unknown>): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${workerd!.port}/${binding}`, {
      method: "POST",
      body: JSON.stringify(what),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
  };
  return {
    deliveries,
    backlogs,
    concurrency: () => most,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => {
        gate = Promise.resolve();
        resolve();
      };
    },
    post,
    send: (binding, bodies, options) => post(binding, { messages: bodies.map((body) => ({ body })), options }),
    names: () => deliveries.map(({ body }) => body.name),
    async kill() {
      process.kill(workerd!.pid, "SIGKILL");
      await workerd!.exited;
      current = 0;
    },
    start,
    output: () => printed,
    data,
  };
}
