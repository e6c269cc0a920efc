/**
 * One server per data directory: two workerd processes on the same SQLite files would each believe that they own the
 * objects. The lock is a file that names the processes which use the directory; it outlives a SIGKILL, so a lock whose
 * processes are gone counts for nothing.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "./refusal.ts";

interface Holder {
  pid: number;
  /** Tells a process from a later one with the same pid, which in a container is the usual case. */
  startedAt: string;
}

export interface DataLock {
  /** Adds a process that uses the directory too: the lock holds until all of them are gone. */
  add(pid: number): void;
  release(): void;
}

/** Processes that were just killed may take a moment to go. */
const GONE_WITHIN_MS = 2_000;
const POLL_MS = 50;

/** Locks `directory`, which must exist. Throws where a live process still holds it after `waitMs`. */
export async function lockData(
  directory: string,
  { waitMs = GONE_WITHIN_MS, signal }: { waitMs?: number; signal?: AbortSignal } = {},
): Promise<DataLock> {
  const path = join(directory, "serve.lock");
  const temporary = `${path}.${process.pid}`;
  const holders = [describe(process.pid)];
  const deadline = Date.now() + waitMs;
  for (;;) {
    writeFileSync(temporary, JSON.stringify(holders));
    try {
      linkSync(temporary, path); // fails where the name is taken: of two servers only one gets it
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    const text = read(path);
    const live = parse(text).find(isAlive);
    if (live === undefined) {
      takeAway(path, text, temporary);
    } else if (Date.now() > deadline) {
      throw new Refusal(
        `${directory} is in use by another server (process ${live.pid}): stop it or give another --data`,
      );
    } else {
      await sleep(POLL_MS, undefined, signal ? { signal } : {});
    }
  }
  return {
    add(pid) {
      holders.push(describe(pid));
      writeFileSync(temporary, JSON.stringify(holders));
      renameSync(temporary, path);
    },
    release() {
      if (read(path) === JSON.stringify(holders)) rmSync(path, { force: true });
    },
  };
}

/** Removes a stale lock, but not one that somebody else has put in its place since it was read. */
function takeAway(path: string, stale: string, temporary: string): void {
  try {
    renameSync(path, temporary);
    if (read(temporary) !== stale) linkSync(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return ""; // ESRCH: a process that goes while its stat is read
    throw error;
  }
}

/** A lock that is not ours to read (torn by a crash of the machine) holds nothing. */
function parse(text: string): Holder[] {
  try {
    const holders: unknown = JSON.parse(text);
    return Array.isArray(holders) ? (holders as Holder[]) : [];
  } catch {
    return [];
  }
}

function describe(pid: number): Holder {
  return { pid, startedAt: startOf(pid) ?? "" };
}

function isAlive(holder: Holder): boolean {
  return startOf(holder.pid) === holder.startedAt;
}

/** When a process started, "" where this system does not tell, undefined where it is dead (a zombie is). */
function startOf(pid: number): string | undefined {
  if (process.platform === "linux") {
    const stat = read(`/proc/${pid}/stat`);
    // "pid (name, which may hold anything) state ppid … starttime …": see proc(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return stat === "" || fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  }
  try {
    process.kill(pid, 0);
    return "";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" ? "" : undefined;
  }
}
