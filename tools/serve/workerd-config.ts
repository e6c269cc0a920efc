/**
 * A worker bundle described in plain values → the text of a workerd configuration (workerd.capnp). Pure: reads no file
 * and no environment. Secrets stay out of the text: `environment` names variables that workerd itself reads.
 */

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
  /** Let fetch() reach private and loopback addresses; by default only public ones, as workerd has it. */
  allowPrivateNetwork?: boolean;
}

/** Name of the one socket; its address is given to `workerd serve` as `--socket-addr http=HOST:PORT`. */
export const SOCKET_NAME = "http";

/** The configuration text of `worker` behind one HTTP socket. */
export function workerdConfig(worker: WorkerDescription): string {
  const services = [
    `(name = "main", worker = ${mainWorker(worker)})`,
    `(name = "internet", network = (allow = ${list(worker.allowPrivateNetwork ? ['"public"', '"private"'] : ['"public"'])}, tlsOptions = (trustBrowserCas = true)))`,
  ];
  if (worker.storage !== undefined) services.push(disk("storage", worker.storage, true));
  if (worker.assets) {
    const bindings = list(['(name = "FILES", service = "asset-files")']);
    const modules = list([module({ name: "assets.js", type: "esm", contents: worker.assets.script })]);
    services.push(disk("asset-files", worker.assets.directory, false));
    services.push(
      `(name = "assets", worker = (compatibilityDate = ${quote(worker.compatibilityDate)}, modules = ${modules}, bindings = ${bindings}))`,
    );
  }
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${list(services)},
  sockets = [(name = "${SOCKET_NAME}", http = (), service = "main")]
);
`;
}

function mainWorker(worker: WorkerDescription): string {
  const objects = worker.durableObjects ?? [];
  const bindings = [
    ...objects.map((object) => binding(object.binding, "durableObjectNamespace", object.className)),
    ...Object.entries(worker.vars ?? {}).map(([name, value]) => binding(name, "text", value)),
    ...(worker.environment ?? []).map((name) => binding(name, "fromEnvironment", name)),
    ...(worker.assets ? [binding(worker.assets.binding, "service", "assets")] : []),
  ];
  const namespaces = objects.map(
    ({ className, uniqueKey }) =>
      `(className = ${quote(className)}, uniqueKey = ${quote(uniqueKey)}, enableSql = true)`,
  );
  const fields = [
    `compatibilityDate = ${quote(worker.compatibilityDate)}`,
    `compatibilityFlags = ${list((worker.compatibilityFlags ?? []).map(quote))}`,
    `modules = ${list(worker.modules.map(module))}`,
    `bindings = ${list(bindings)}`,
  ];
  if (objects.length > 0) {
    fields.push(`durableObjectNamespaces = ${list(namespaces)}`);
    fields.push(
      `durableObjectStorage = ${worker.storage === undefined ? "(inMemory = void)" : '(localDisk = "storage")'}`,
    );
  }
  return `(\n    ${fields.join(",\n    ")}\n  )`;
}

function binding(name: string, kind: string, value: string): string {
  return `(name = ${quote(name)}, ${kind} = ${quote(value)})`;
}

const MODULE_FIELD = { esm: "esModule", text: "text", json: "json" } as const;

function module({ name, type, contents }: WorkerModule): string {
  return `(name = ${quote(name)}, ${MODULE_FIELD[type]} = ${quote(contents)})`;
}

function disk(name: string, path: string, writable: boolean): string {
  return `(name = ${quote(name)}, disk = (path = ${quote(path)}, writable = ${writable}))`;
}

function list(items: string[]): string {
  return `[${items.join(", ")}]`;
}

/** A Cap'n Proto text literal. Other control characters than these are valid there as they are, UTF-8 too. */
function quote(text: string): string {
  if (text.includes("\0")) throw new Error("a Cap'n Proto text can't hold NUL");
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\r", "\\r").replaceAll("\n", "\\n")}"`;
}
