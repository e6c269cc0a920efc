import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockData } from "../../../tools/serve/data-lock.ts";

let directory: string;
const path = (): string => join(directory, "serve.lock");

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "allspark-lock-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test("a directory in use is refused, with the process that holds it, until it is released", async () => {
  const lock = await lockData(directory);
  await expect(lockData(directory, { waitMs: 0 })).rejects.toThrow(`in use by another server (process ${process.pid})`);
  lock.release();
  expect(existsSync(path())).toBe(false);
  (await lockData(directory)).release();
});

test("a lock holds as long as any of its processes lives, and not longer", async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  const ended = once(child, "exit");
  const lock = await lockData(directory);
  lock.add(child.pid!);
  // As a killed server leaves it: its own process gone, workerd still there.
  const [, workerd] = JSON.parse(readFileSync(path(), "utf8")) as object[];
  writeFileSync(path(), JSON.stringify([workerd]));
  await expect(lockData(directory, { waitMs: 0 })).rejects.toThrow(`(process ${child.pid})`);
  const waiting = lockData(directory);
  child.kill("SIGKILL");
  await ended;
  (await waiting).release();
});

test("a later process with the pid of a dead one does not hold its lock", async () => {
  writeFileSync(path(), JSON.stringify([{ pid: process.pid, startedAt: "1" }]));
  const lock = await lockData(directory, { waitMs: 0 });
  expect(readFileSync(path(), "utf8")).not.toContain('"startedAt":"1"');
  lock.release();
});

test("a torn lock file holds nothing", async () => {
  writeFileSync(path(), '[{"pid":');
  const lock = await lockData(directory, { waitMs: 0 });
  expect(JSON.parse(readFileSync(path(), "utf8"))).toMatchObject([{ pid: process.pid }]);
  lock.release();
});

test("of several that start on a stale lock, one gets it", async () => {
  writeFileSync(path(), "");
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => lockData(directory, { waitMs: 0 })));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});
