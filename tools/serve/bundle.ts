/**
 * The production bundle, exactly what `wrangler deploy` would upload, built into dist/serve/<hash of its sources>: so it
 * is never stale, a second start does not build, and servers that start at once do not disturb each other.
 */
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { WRANGLER, WRANGLER_ENV } from "../wrangler.ts";
import { type QueueSettings, readQueues } from "./queue/queue-settings.ts";
import { Refusal } from "./refusal.ts";
import type { WorkerModule } from "./workerd-config.ts";

/** What of wrangler.toml a server needs beside the modules. */
export interface BundleSettings {
  compatibilityDate: string;
  compatibilityFlags: string[];
  durableObjects: { binding: string; className: string }[];
  vars: Record<string, string>;
  assets?: { binding: string; directory: string };
  queues: QueueSettings;
  main: string;
}

export interface Bundle {
  settings: BundleSettings;
  /** The main module first. */
  modules: WorkerModule[];
}

/** What the bundle is made from and by; node_modules/.package-lock.json says which dependencies are installed. */
const SOURCES = [
  "src",
  "migrations",
  "wrangler.toml",
  "tsconfig.base.json",
  "node_modules/.package-lock.json",
  "tools/serve/bundle.ts",
  "tools/serve/queue/queue-settings.ts",
];
const MODULE_TYPES: Record<string, WorkerModule["type"]> = { js: "esm", mjs: "esm", sql: "text", txt: "text" };
const SETTINGS_FILE = "bundle-settings.json";
const MAX_AGE_MS = 24 * 3_600_000;

/** The bundle of the checkout at `root`, built if its sources have changed. Throws with wrangler's output if it fails. */
export async function productionBundle(
  root: string,
  log: (line: string) => void,
  signal?: AbortSignal,
): Promise<Bundle> {
  const directory = join(root, "dist/serve", await hashSources(root));
  if (!existsSync(directory)) {
    log("building the production bundle");
    const building = join(root, "dist/serve", `.building-${randomUUID()}`);
    try {
      await build(root, building, signal);
      if (join(root, "dist/serve", await hashSources(root)) !== directory) {
        throw new Refusal("the sources changed while they were bundled: start again");
      }
      await rename(building, directory).catch((error: NodeJS.ErrnoException) => {
        // Another server that started with this one was quicker, with the same bundle.
        if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
      });
    } finally {
      await rm(building, { recursive: true, force: true });
    }
    await removeOld(join(root, "dist/serve"), directory);
  }
  return readBundle(directory);
}

async function hashSources(root: string): Promise<string> {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    for (const path of await filesUnder(join(root, source))) {
      hash.update(`${path.slice(root.length)}\0`).update(
        createHash("sha256")
          .update(await readFile(path))
          .digest(),
      );
    }
  }
  return hash.digest("hex").slice(0, 16);
}

async function filesUnder(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function build(root: string, directory: string, signal: AbortSignal | undefined): Promise<void> {
  const options = {
    cwd: root,
    env: { ...process.env, ...WRANGLER_ENV, FORCE_COLOR: "0" },
    ...(signal && { signal }),
  };
  await promisify(execFile)(process.execPath, [WRANGLER, "deploy", "--dry-run", "--outdir", directory], options).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      if (signal?.aborted) throw error;
      throw new Refusal(`the bundle does not build:\n${error.stdout ?? ""}${error.stderr ?? error.message}`);
    },
  );
  await writeFile(join(directory, SETTINGS_FILE), JSON.stringify(await readSettings(root, directory)));
}

/** What a server needs of the wrangler.toml in `root`, for the bundle in `directory`. Throws Refusal where it cannot serve that. */
export async function readSettings(root: string, directory: string): Promise<BundleSettings> {
  const { unstable_readConfig } = await import("wrangler"); // slow to load, so only where there is something to build
  const config = unstable_readConfig({ config: join(root, "wrangler.toml") });
  const main = (await readdir(directory)).find((name) => name.endsWith(".js"));
  if (!config.compatibility_date || !main) throw new Refusal("wrangler.toml names no compatibility_date or no main");
  const objects = config.durable_objects.bindings as { name: string; class_name: string }[];
  return {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    durableObjects: objects.map(({ name, class_name: className }) => ({ binding: name, className })),
    vars: Object.fromEntries(Object.entries(config.vars).map(([name, value]) => [name, varText(name, value)])),
    ...(config.assets?.binding &&
      config.assets.directory && {
        assets: { binding: config.assets.binding, directory: config.assets.directory },
      }),
    queues: readQueues(config.queues),
    main,
  };
}

/** Environments hold text only; src/env.ts reads numbers and booleans from their text just as well. */
function varText(name: string, value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Refusal(`[vars] ${name} in wrangler.toml must be a string, a number or a boolean`);
}

async function readBundle(directory: string): Promise<Bundle> {
  const settings = JSON.parse(await readFile(join(directory, SETTINGS_FILE), "utf8")) as BundleSettings;
  const modules: WorkerModule[] = [];
  for (const path of await filesUnder(directory)) {
    const name = path.slice(directory.length + 1);
    const type = MODULE_TYPES[name.slice(name.lastIndexOf(".") + 1)];
    if (type === undefined || name === "README.md") continue; // source maps, wrangler's note
    modules.push({ name, type, contents: await readFile(path, "utf8") });
  }
  modules.sort((a, b) => Number(b.name === settings.main) - Number(a.name === settings.main));
  return { settings, modules };
}

/** Keeps what was built today: a server that is just starting may be reading it. */
async function removeOld(parent: string, current: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (path !== current && Date.now() - (await stat(path)).mtimeMs > MAX_AGE_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
