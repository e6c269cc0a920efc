/** A store for programs on Node, Deno and Bun: an append-only journal, rewritten when it has grown. Entry `allspark/client/file-store`. */
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { AllsparkError } from "../errors.ts";
import type { ClientStore, StoreChanges } from "./client-store.ts";
import { lockFile } from "./file-lock.ts";

/** A journal that is so many characters longer than what it holds is written anew. */
const SPARE_CHARS = 1024 * 1024;

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
  const kept = new Map<string, string>();
  let file: number | undefined;
  let unlock: (() => void) | undefined;
  let length = 0;
  let lengthAnew = 0;

  const rewrite = () => {
    const fresh = `${path}.new`;
    const text = JSON.stringify([...kept]);
    const next = openSync(fresh, "w");
    try {
      writeFileSync(next, text);
      fsyncSync(next);
    } finally {
      closeSync(next);
    }
    renameSync(fresh, path);
    if (sync) syncFolder(dirname(path));
    const old = file;
    file = openSync(path, "a");
    if (old !== undefined) closeSync(old);
    length = lengthAnew = text.length;
  };

  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
    unlock?.();
    unlock = undefined;
  };

  return {
    load: () => {
      mkdirSync(dirname(path), { recursive: true });
      unlock = lockFile(resolve(path));
      try {
        kept.clear();
        for (const line of read(path).split("\n")) apply(kept, line);
        rewrite();
      } catch (error) {
        close();
        throw error;
      }
      return new Map(kept);
    },
    write: (changes: StoreChanges) => {
      if (file === undefined) throw new AllsparkError("STORAGE", `${path} is not open`);
      // The line break comes first: where a write was cut short, it spoils no other.
      const line = `\n${JSON.stringify([...changes])}`;
      appendFileSync(file, line);
      if (sync) fsyncSync(file);
      for (const [key, value] of changes) put(kept, key, value);
      length += line.length;
      if (length > 2 * lengthAnew + SPARE_CHARS) rewrite();
    },
    close,
  };
}

function put(kept: Map<string, string>, key: string, value: string | null): void {
  if (value === null) kept.delete(key);
  else kept.set(key, value);
}

/** A crash may have cut a line short: nothing was acked on the strength of it. */
function apply(kept: Map<string, string>, line: string): void {
  try {
    for (const [key, value] of JSON.parse(line) as [string, string | null][]) put(kept, key, value);
  } catch {
    return;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return "";
    throw error;
  }
}

/** A rename is only on disk when its folder is. */
function syncFolder(path: string): void {
  let folder: number | undefined;
  try {
    folder = openSync(path, "r");
    fsyncSync(folder);
  } catch {
    // Windows opens no folders, and needs none to be synced.
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}
