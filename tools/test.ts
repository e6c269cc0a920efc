/**
 * `npm test [-- [unit|workers|e2e]… [filter or vitest option]…]`: runs the vitest projects one after the other, since
 * each wants the machine to itself, and prints the sum of their counts alone on the last line.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { addCounts, countReport, summary, type Counts } from "./test/counts.ts";

const ROOT = resolve(import.meta.dirname, "..");
const VITEST = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");
const PROJECTS = ["unit", "workers", "e2e"];
/** Within one process a file of `workers` follows the other: two processes keep a small machine busy. */
const SHARDS: Record<string, number> = { workers: 2 };

/** Runs one project, its shards at once and shown one after the other. */
async function run(project: string, args: string[], report: string): Promise<Counts> {
  console.log(`\n── ${project} ──`);
  const shards = SHARDS[project] ?? 1;
  const counts = await Promise.all(
    Array.from({ length: shards }, (_, i) => {
      const shard = shards === 1 ? [] : [`--shard=${i + 1}/${shards}`];
      return runShard(project, [...shard, ...args], `${report}.${i}`, i === 0);
    }),
  );
  return counts.reduce(addCounts);
}

/** Counts come from vitest's JSON report. Where it is not shown as it runs, the output follows at the end. */
async function runShard(project: string, args: string[], report: string, isShown: boolean): Promise<Counts> {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const child = spawn(
    process.execPath,
    [VITEST, "run", "--project", project, "--passWithNoTests", ...reporters, ...args],
    {
      cwd: ROOT,
      stdio: isShown ? "inherit" : ["inherit", "pipe", "pipe"],
    },
  );
  const held = [child.stdout, child.stderr].filter((stream) => stream !== null).map(buffer);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  for (const output of await Promise.all(held)) process.stdout.write(output);
  let text: string | undefined;
  try {
    text = readFileSync(report, "utf8");
  } catch {
    console.error(`${project}: vitest ended ${signal ? `by ${signal}` : `with code ${code}`} without a report`);
  }
  return countReport(text, code === 0);
}

const args = process.argv.slice(2);
const named = PROJECTS.filter((project) => args.includes(project));
const rest = args.filter((arg) => !PROJECTS.includes(arg));
const reports = mkdtempSync(join(tmpdir(), "allspark-test-"));
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => (interrupted = true));
let total: Counts = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const project of named.length > 0 ? named : PROJECTS) {
    if (interrupted) break;
    total = addCounts(total, await run(project, rest, join(reports, `${project}.json`)));
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}
if (interrupted) console.error("interrupted: not all tests ran");
else if (total.passed + total.failed === 0) {
  const where = named.length > 0 ? named.join(", ") : "any project";
  console.error(rest.length > 0 ? `no test ran: nothing in ${where} matches ${rest.join(" ")}` : "no test ran");
}
process.exitCode = interrupted || total.failed > 0 || total.passed === 0 ? 1 : 0;
console.log(`\n${summary(total)}`);
