/**
 * A worker bundle described in plain values → the text of a workerd configuration (workerd.capnp). Pure: reads no file
 * and no environment. Secrets stay out of the text: `environment` names variables that workerd itself reads.
 */
import { binding, list, quote } from "./capnp-text.ts";
import { type QueuesDescription, queueBindings, queueService, withQueueEntrypoint } from "./queue/queue-config.ts";

/** One module of a bundle; `name` is the path that the others import it by, relative to the bundle's root. */
export interface WorkerModule {
  name: string;
  type: "esm" | "text" | "json";
  contents: string;
}

export interface DurableObjectDescription {
  binding: string;
  className: string;
  /** Names the folder of this class in the storage directory: another key is another, empty storage. */
  uniqueKey: string;
}

export interface WorkerDescription {
  compatibilityDate: string;
  compatibilityFlags?: string[];
  /** The first is the main module. */
  modules: WorkerModule[];
  durableObjects?: DurableObjectDescription[];
  /** Absolute path of a directory that holds the objects' SQLite files; without it they live in memory. */
  storage?: string;
  /** Plain text bindings; they end up in the configuration text. */
  vars?: Record<string, string>;
  /** Environment variables of the workerd process, each bound under its own name. */
  environment?: string[];
  /** A directory of static files behind a binding, served by `script` (see assets-worker.js). */
  assets?: { binding: string; directory: string; script: string };
  /**
   * A binding that reaches one origin at whichever address, that of the URL in the setting `setting` (a name of `vars` or
   * `environment`), by `script` (see webhook-network.js).
   */
  webhookNetwork?: { binding: string; setting: string; script: string };
  /** Queues that the main module's default export consumes (see queue/queue-worker.js). */
  queues?: QueuesDescription;
  /** Let fetch() reach private and loopback addresses; by default only public ones, as workerd has it. */
  allowPrivateNetwork?: boolean;
}

/** What makes a worker of ours beside the main one; `bindings` and `fields` are text already. */
export interface ServicePart {
  modules: WorkerModule[];
  bindings: string[];
  fields?: string[];
}

/** Name of the one socket; its address is given to `workerd serve` as `--socket-addr http=HOST:PORT`. */
export const SOCKET_NAME = "http";

/** The configuration text of `worker` behind one HTTP socket. */
export function workerdConfig(worker: WorkerDescription): string {
  const services = [
    `(name = "main", worker = ${mainWorker(worker)})`,
    network("internet", worker.allowPrivateNetwork ? ["public", "private"] : ["public"]),
  ];
  if (worker.storage !== undefined) services.push(disk("storage", worker.storage, true));
  if (worker.assets) services.push(...assetServices(worker, worker.assets));
  if (worker.webhookNetwork) services.push(...webhookServices(worker, worker.webhookNetwork));
  if (worker.queues) services.push(smallWorker("queues", worker, queueService(worker.queues, objectStorage(worker))));
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${list(services)},
  sockets = [(name = "${SOCKET_NAME}", http = (), service = "main")]
);
`;
}

function mainWorker(worker: WorkerDescription): string {
  const objects = worker.durableObjects ?? [];
  const modules = worker.queues ? withQueueEntrypoint(worker.modules, worker.queues) : worker.modules;
  const bindings = [
    ...objects.map((object) => binding(object.binding, "durableObjectNamespace", quote(object.className))),
    ...Object.entries(worker.vars ?? {}).map(([name, value]) => binding(name, "text", quote(value))),
    ...(worker.environment ?? []).map((name) => binding(name, "fromEnvironment", quote(name))),
    ...(worker.assets ? [binding(worker.assets.binding, "service", '"assets"')] : []),
    ...(worker.webhookNetwork ? [binding(worker.webhookNetwork.binding, "service", '"webhook"')] : []),
    ...(worker.queues ? queueBindings(worker.queues) : []),
  ];
  const namespaces = objects.map(
    ({ className, uniqueKey }) =>
      `(className = ${quote(className)}, uniqueKey = ${quote(uniqueKey)}, enableSql = true)`,
  );
  const fields = [
    `compatibilityDate = ${quote(worker.compatibilityDate)}`,
    `compatibilityFlags = ${list((worker.compatibilityFlags ?? []).map(quote))}`,
    `modules = ${list(modules.map(module))}`,
    `bindings = ${list(bindings)}`,
  ];
  if (objects.length > 0) {
    fields.push(`durableObjectNamespaces = ${list(namespaces)}`, objectStorage(worker));
  }
  return `(\n    ${fields.join(",\n    ")}\n  )`;
}

function objectStorage({ storage }: WorkerDescription): string {
  return `durableObjectStorage = ${storage === undefined ? "(inMemory = void)" : '(localDisk = "storage")'}`;
}

/** A worker of ours beside the main one, at its compatibility date. */
function smallWorker(name: string, { compatibilityDate }: WorkerDescription, part: ServicePart): string {
  const fields = [
    `compatibilityDate = ${quote(compatibilityDate)}`,
    `modules = ${list(part.modules.map(module))}`,
    `bindings = ${list(part.bindings)}`,
    ...(part.fields ?? []),
  ];
  return `(name = ${quote(name)}, worker = (${fields.join(", ")}))`;
}

function assetServices(worker: WorkerDescription, { directory, script }: { directory: string; script: string }) {
  const modules: WorkerModule[] = [{ name: "assets.js", type: "esm", contents: script }];
  return [
    disk("asset-files", directory, false),
    smallWorker("assets", worker, { modules, bindings: [binding("FILES", "service", '"asset-files"')] }),
  ];
}

function webhookServices(worker: WorkerDescription, { setting, script }: { setting: string; script: string }) {
  const text = worker.vars?.[setting];
  // The value stays out of the text where it comes from the environment: there may be a key in it.
  const url =
    text === undefined ? binding("URL", "fromEnvironment", quote(setting)) : binding("URL", "text", quote(text));
  return [
    network("any-address", ["public", "private"]),
    smallWorker("webhook", worker, {
      modules: [{ name: "webhook-network.js", type: "esm", contents: script }],
      bindings: [url],
      fields: ['globalOutbound = "any-address"'],
    }),
  ];
}

const MODULE_FIELD = { esm: "esModule", text: "text", json: "json" } as const;

function module({ name, type, contents }: WorkerModule): string {
  return `(name = ${quote(name)}, ${MODULE_FIELD[type]} = ${quote(contents)})`;
}

function network(name: string, allow: string[]): string {
  return `(name = ${quote(name)}, network = (allow = ${list(allow.map(quote))}, tlsOptions = (trustBrowserCas = true)))`;
}

function disk(name: string, path: string, writable: boolean): string {
  return `(name = ${quote(name)}, disk = (path = ${quote(path)}, writable = ${writable}))`;
}
