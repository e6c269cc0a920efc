/**
 * `npm run serve -- --port P --data DIR`: the production bundle on local workerd, with its storage in DIR. Settings are
 * the ALLSPARK_* variables of the environment; .dev.vars is for `npm run dev` and is not read here.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseCommandLine, readPort, WrongUsage } from "./command-line.ts";
import { productionBundle, type Bundle } from "./serve/bundle.ts";
import { cannotWrite, makeDataDirectory } from "./serve/data-directory.ts";
import { type DataLock, lockData } from "./serve/data-lock.ts";
import { refuseTakenPort } from "./serve/free-port.ts";
import { queueScripts } from "./serve/queue/queue-scripts.ts";
import { Refusal } from "./serve/refusal.ts";
import { workerdConfig } from "./serve/workerd-config.ts";
import { startWorkerd, type Workerd } from "./serve/workerd.ts";

const USAGE = `usage: ALLSPARK_SECRETS=… npm run serve -- [options]
  --port P         port to listen on, 0 for a free one (8787)
  --host H         address to listen on (127.0.0.1)
  --data DIR       where messages are stored (.allspark/data)
  --allow-private  let the Worker fetch private and loopback addresses, such as a JWKS_URL inside your network
  --help           this text`;

const ROOT = resolve(import.meta.dirname, "..");
/** The operator's own webhook, which may be private where the targets of nodes may not. */
const WEBHOOK_SETTING = "ALLSPARK_PUSH_WEBHOOK";
const READY_WITHIN_MS = 30_000;
const POLL_MS = 20;

interface Options {
  port: number;
  host: string;
  /** Absolute. */
  data: string;
  /** As it was given, for messages. */
  dataGiven: string;
  allowPrivate: boolean;
}

function readOptions(): Options | "help" {
  const { values } = parseCommandLine("serve", {
    options: {
      port: { type: "string", default: "8787" },
      host: { type: "string", default: "127.0.0.1" },
      data: { type: "string", default: ".allspark/data" },
      "allow-private": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const port = readPort(values.port);
  // An empty one would be the folder where the user is.
  if (values.data === "") throw new WrongUsage('--data "": must be a folder, whose name is missing');
  // npm runs scripts in the package's folder; INIT_CWD is where the user is.
  const data = resolve(process.env["INIT_CWD"] ?? process.cwd(), values.data);
  return { port, host: values.host, data, dataGiven: values.data, allowPrivate: values["allow-private"] };
}

function refuseWithoutSecrets(): void {
  if (process.env["ALLSPARK_SECRETS"]?.trim()) return;
  throw new Refusal(
    `ALLSPARK_SECRETS is not set: it signs and verifies every key, and nothing runs without it. For example
  export ALLSPARK_SECRETS=$(node -p 'crypto.randomBytes(32).toString("base64url")')
and keep it: keys made with another secret are refused. (.dev.vars belongs to npm run dev and is not read here.)`,
  );
}

/** Writes the configuration that workerd reads. It names the environment's settings but holds none of their values. */
function writeConfig(bundle: Bundle, options: Options): string {
  const { settings, modules } = bundle;
  const text = workerdConfig({
    compatibilityDate: settings.compatibilityDate,
    compatibilityFlags: settings.compatibilityFlags,
    modules,
    // The key names the folder of a class in DIR: changing it would leave every stored message behind.
    durableObjects: settings.durableObjects.map((object) => ({ ...object, uniqueKey: `allspark-${object.className}` })),
    storage: options.data,
    vars: Object.fromEntries(Object.entries(settings.vars).filter(([name]) => process.env[name] === undefined)),
    environment: Object.keys(process.env).filter((name) => /^ALLSPARK_[A-Z0-9_]+$/.test(name)),
    allowPrivateNetwork: options.allowPrivate,
    ...(settings.assets && {
      assets: {
        binding: settings.assets.binding,
        directory: resolve(ROOT, settings.assets.directory),
        script: script("assets-worker.js"),
      },
    }),
    ...((process.env[WEBHOOK_SETTING] ?? settings.vars[WEBHOOK_SETTING])?.trim() && {
      webhookNetwork: {
        binding: "PUSH_WEBHOOK_NETWORK",
        setting: WEBHOOK_SETTING,
        script: script("webhook-network.js"),
      },
    }),
    ...(settings.queues.consumers.length > 0 && {
      queues: { ...settings.queues, uniqueKey: "allspark-queues", scripts: queueScripts() },
    }),
  });
  const path = join(options.data, "workerd.capnp");
  writeFileSync(path, text);
  return path;
}

function script(name: string): string {
  return readFileSync(join(import.meta.dirname, "serve", name), "utf8");
}

/** Resolves when the Worker says that it is well; throws with what it said where it says that it is not. */
async function untilHealthy(origin: string, workerd: Workerd, signal: AbortSignal): Promise<void> {
  let ended: string | undefined;
  void workerd.exited.then((how) => (ended = how));
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (ended) throw new Refusal(`workerd ended ${ended}`);
    const answer = await fetch(`${origin}/v1/health`, { signal }).catch(() => undefined);
    if (answer?.ok) return;
    // The Worker logs every 500 with its reason, a wrong setting too: that is said already.
    if (answer?.status === 500) throw new Refusal("not started, for the reason above (docs/settings.md)");
    if (answer) throw new Refusal(`GET /v1/health answered ${answer.status}: ${await answer.text()}`);
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new Refusal(`${origin}/v1/health did not answer within ${READY_WITHIN_MS / 1_000} s`);
}

async function lockFolder({ data, dataGiven }: Options, signal: AbortSignal): Promise<DataLock> {
  try {
    return await lockData(data, { signal });
  } catch (error) {
    throw cannotWrite(error, dataGiven);
  }
}

async function serve(options: Options, signal: AbortSignal): Promise<void> {
  makeDataDirectory(options.data, options.dataGiven);
  const lock = await lockFolder(options, signal);
  try {
    await refuseTakenPort(options.host, options.port); // after the lock, which waits for a killed server to be gone
    const bundle = await productionBundle(ROOT, (line) => console.error(`allspark: ${line}`), signal);
    const config = writeConfig(bundle, options);
    const workerd = await startWorkerd({ config, host: options.host, port: options.port });
    lock.add(workerd.pid);
    const stop = (): void => void workerd.stop();
    signal.addEventListener("abort", stop);
    try {
      if (signal.aborted) return;
      const wildcard = options.host === "0.0.0.0" || options.host === "::";
      const host = wildcard ? "127.0.0.1" : options.host.includes(":") ? `[${options.host}]` : options.host;
      const origin = `http://${host}:${workerd.port}`;
      await untilHealthy(origin, workerd, signal);
      console.log(`allspark ready ${origin}`);
      const how = await workerd.exited;
      if (!signal.aborted) throw new Refusal(`workerd ended ${how}`);
    } finally {
      await workerd.stop();
    }
  } finally {
    lock.release();
  }
}

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopping.abort());
try {
  const options = readOptions();
  if (options === "help") console.log(USAGE);
  else {
    refuseWithoutSecrets();
    await serve(options, stopping.signal);
  }
} catch (error) {
  if (!stopping.signal.aborted) {
    if (error instanceof WrongUsage) console.error(`allspark: ${error.message}\n\n${USAGE}`);
    else console.error(`allspark: ${error instanceof Refusal ? error.message : String((error as Error).stack)}`);
    process.exitCode = error instanceof WrongUsage ? 2 : 1;
  }
}
