/**
 * One program at a time for a file: each that wants it leaves a file of its own beside it, `<file>.<process id>.lock`, and gives way
 * where another's process is alive. So what a crash left is known for what it is, and removing it can hit nobody else.
 */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { AllsparkError } from "../errors.ts";

/** Of this process, whose own id says nothing: it may be that of one which crashed, as in a container it always is. */
const held = new Set<string>();

/** Answers what unlocks it. Throws AllsparkError STORAGE where somebody has it. */
export function lockFile(path: string): () => void {
  if (held.has(path)) throw taken(path, "this program");
  const own = `${path}.${process.pid}.lock`;
  writeFileSync(own, "");
  const found = others(path);
  const owner = found.find(isAlive);
  if (owner !== undefined) {
    rmSync(own, { force: true });
    throw taken(path, `process ${owner}`);
  }
  for (const dead of found) rmSync(`${path}.${dead}.lock`, { force: true });
  held.add(path);
  return () => {
    held.delete(path);
    rmSync(own, { force: true });
  };
}

/** The processes that have left a lock, but for this one. */
function others(path: string): number[] {
  const prefix = `${basename(path)}.`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && name.endsWith(".lock"))
    .map((name) => Number(name.slice(prefix.length, -".lock".length)))
    .filter((pid) => pid > 0 && pid !== process.pid);
}

function taken(path: string, owner: string): AllsparkError {
  return new AllsparkError("STORAGE", `${owner} has ${path} open: give each its own file`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}
