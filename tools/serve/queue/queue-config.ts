/**
 * The stand-in for Cloudflare Queues as parts of a workerd configuration: a worker that keeps and delivers messages, queue bindings
 * that lead to it, and an entry of the main worker by which it delivers. Pure, as workerd-config.ts is.
 */
import { binding, list, quote } from "../capnp-text.ts";
import type { ServicePart, WorkerModule } from "../workerd-config.ts";
import type { QueueSettings } from "./queue-settings.ts";

export interface QueuesDescription extends QueueSettings {
  /** Names the folder of the queues in the storage directory: another key is another, empty queue. */
  uniqueKey: string;
  /** By the name of the file in this folder: see queueScripts(). */
  scripts: Record<QueueScript, string>;
}

export const QUEUE_SCRIPTS = ["queue-worker.js", "queue-store.js", "queue-requests.js", "queue-entrypoint.js"] as const;
export type QueueScript = (typeof QUEUE_SCRIPTS)[number];

const CLASS_NAME = "QueueObject";
/** No socket and no binding of the main worker leads there, only that of the queues. */
const ENTRYPOINT = "QueueEntrypoint";

/** The worker that keeps the messages; `storage` is the field that says where its objects live. */
export function queueService(queues: QueuesDescription, storage: string): ServicePart {
  const consumers = Object.fromEntries(queues.consumers.map(({ queue, ...settings }) => [queue, settings]));
  const script = (name: QueueScript): WorkerModule => ({ name, type: "esm", contents: queues.scripts[name] });
  return {
    modules: [script("queue-worker.js"), script("queue-store.js"), script("queue-requests.js")],
    bindings: [
      binding("QUEUE", "durableObjectNamespace", quote(CLASS_NAME)),
      binding("CONSUMER", "service", `(name = "main", entrypoint = ${quote(ENTRYPOINT)})`),
      binding("CONSUMERS", "json", quote(JSON.stringify(consumers))),
    ],
    fields: [
      `durableObjectNamespaces = ${list([
        `(className = ${quote(CLASS_NAME)}, uniqueKey = ${quote(queues.uniqueKey)}, enableSql = true)`,
      ])}`,
      storage,
    ],
  };
}

/** What the main worker sends by. Which queue a request is for is told by the binding, since nothing in it says so. */
export function queueBindings({ producers }: QueuesDescription): string[] {
  return producers.map(({ binding: name, ...props }) =>
    binding(name, "queue", `(name = "queues", props = (json = ${quote(JSON.stringify(props))}))`),
  );
}

/**
 * The main worker's modules behind one more, which exports all that the first does and an entry for its queue(). workerd itself delivers
 * a queue event to another worker only with --experimental.
 */
export function withQueueEntrypoint(modules: WorkerModule[], { scripts }: QueuesDescription): WorkerModule[] {
  const main = modules[0];
  if (main === undefined) throw new Error("a worker has at least one module");
  const path = quote(`./${main.name}`);
  const contents = `import main from ${path};
import { queueEntrypoint } from "./queue-entrypoint.js";
export * from ${path};
export default main;
export const ${ENTRYPOINT} = queueEntrypoint(main);
`;
  return [
    { name: "main-with-queues.js", type: "esm", contents },
    { name: "queue-entrypoint.js", type: "esm", contents: scripts["queue-entrypoint.js"] },
    ...modules,
  ];
}
