/** Makes the folder that `--data` names, or says in one sentence why it cannot be had. */
import { lstatSync, mkdirSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { Refusal } from "./refusal.ts";

/**
 * Makes `path`, which is absolute, and its parents where they are missing. `given` is what the user wrote. Step by step:
 * mkdirSync with `recursive` never returns (Node 20 to 24) below a folder that takes none, such as /proc.
 */
export function makeDataDirectory(path: string, given: string): void {
  const missing: string[] = [];
  let existing = path;
  for (; entryAt(existing, given) === undefined; existing = dirname(existing)) missing.unshift(existing);
  const subject = existing === path ? "it" : existing;
  const target = statOrUndefined(existing, given);
  if (target === undefined) throw refusal(given, `${subject} is a symbolic link to nothing`);
  if (!target.isDirectory()) throw refusal(given, `${subject} is not one`);
  for (const step of missing) {
    try {
      mkdirSync(step, { mode: 0o700 });
    } catch (error) {
      // EEXIST: another server that starts now was quicker.
      if (codeOf(error) !== "EEXIST") throw refusal(given, `${step} cannot be made (${codeOf(error)})`);
    }
  }
}

/** For what the system says when a file is first written there. Anything else than its errors comes back as it is. */
export function cannotWrite(error: unknown, given: string): unknown {
  return codeOf(error) === undefined || (error as NodeJS.ErrnoException).syscall === undefined
    ? error
    : refusal(given, `nothing can be written there (${codeOf(error)})`);
}

/** What is at `path`, a link itself being something; undefined for nothing. */
function entryAt(path: string, given: string): Stats | undefined {
  return unlessMissing(() => lstatSync(path), path, given);
}

function statOrUndefined(path: string, given: string): Stats | undefined {
  return unlessMissing(() => statSync(path), path, given);
}

function unlessMissing(read: () => Stats, path: string, given: string): Stats | undefined {
  try {
    return read();
  } catch (error) {
    // ENOTDIR: a parent is a file, which is found on the way up.
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw refusal(given, `${path} cannot be read (${codeOf(error)})`);
  }
}

function refusal(given: string, why: string): Refusal {
  return new Refusal(`--data ${given}: must be a folder that can be made and written, but ${why}`);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
