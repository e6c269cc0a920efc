/** A store for programs on Node, Deno and Bun: an append-only journal, rewritten when it has grown. Entry `allspark/client/file-store`. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { AllsparkError } from "../errors.ts";
import type { ClientStore, StoreChanges } from "./client-store.ts";

/** A journal with so many lines more than there are keys is written anew. */
const SPARE_LINES = 4_096;

/**
 * Keeps everything in a file, one line of JSON a write, flushed to disk before it returns: what it has taken survives a crash of the
 * program and of the machine. One program at a time; give each node a file of its own.
 *
 * @example
 * ```ts
 * import { Allspark } from "allspark/client";
 * import { fileStore } from "allspark/client/file-store";
 *
 * const storage = fileStore("./data/alice.journal");
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…", storage });
 * await allspark.connect();
 * ```
 */
export function fileStore(path: string, options: { sync?: boolean } = {}): ClientStore {
  const { sync = true } = options;
  const lock = `${path}.lock`;
  const kept = new Map<string, string>();
  let file: number | undefined;
  let lines = 0;

  const append = (text: string) => {
    if (file === undefined) throw new AllsparkError("STORAGE", `${path} is not open`);
    writeSync(file, text);
    if (sync) fsyncSync(file);
  };

  const rewrite = () => {
    const fresh = `${path}.new`;
    const next = openSync(fresh, "w");
    writeSync(next, `${JSON.stringify([...kept])}\n`);
    fsyncSync(next);
    closeSync(next);
    if (file !== undefined) closeSync(file);
    renameSync(fresh, path);
    file = openSync(path, "a");
    lines = 1;
  };

  return {
    load: () => {
      mkdirSync(dirname(path), { recursive: true });
      takeLock(lock, path);
      kept.clear();
      for (const line of read(path).split("\n")) apply(kept, line);
      rewrite();
      return new Map(kept);
    },
    write: (changes: StoreChanges) => {
      append(`${JSON.stringify([...changes])}\n`);
      for (const [key, value] of changes) put(kept, key, value);
      if (++lines > kept.size + SPARE_LINES) rewrite();
    },
    close: () => {
      if (file === undefined) return;
      closeSync(file);
      file = undefined;
      rmSync(lock, { force: true });
    },
  };
}

function put(kept: Map<string, string>, key: string, value: string | null): void {
  if (value === null) kept.delete(key);
  else kept.set(key, value);
}

/** A crash may have cut the last line short: nothing was acked on the strength of it. */
function apply(kept: Map<string, string>, line: string): void {
  let changes: [string, string | null][];
  try {
    changes = JSON.parse(line) as [string, string | null][];
  } catch {
    return;
  }
  for (const [key, value] of changes) put(kept, key, value);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return "";
    throw error;
  }
}

/** The lock names its process, so that one that a crash left behind is known for what it is. */
function takeLock(lock: string, path: string): void {
  for (;;) {
    try {
      const file = openSync(lock, "wx");
      writeSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
    const owner = Number(read(lock));
    if (owner > 0 && owner !== process.pid && isAlive(owner)) {
      throw new AllsparkError("STORAGE", `process ${owner} has ${path} open: give each program a file of its own`);
    }
    rmSync(lock, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}
