/**
 * `npm run bench -- [options]`: Allspark beside a bare relay on the same runtime, in one run. Prints rates and ratios and
 * writes them to bench/out/. However it ends, but for SIGKILL, it takes along the servers that it started.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { constants, cpus } from "node:os";
import { join } from "node:path";
import { WrongUsage } from "../tools/command-line.ts";
import { compare, describeComparison } from "./compare.ts";
import type { RoundResult } from "./load.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";

const WARM_UP_MESSAGES = 10_000;

async function bench(given: BenchOptions, signal: AbortSignal): Promise<void> {
  const options = { ...given, warmUpMessages: WARM_UP_MESSAGES };
  const comparison = await compare({ ...options, onRound: (round) => console.log(describeRound(round)) }, signal);
  console.log(`\n${describeComparison(comparison)}`);

  const out = join(import.meta.dirname, "out");
  await mkdir(out, { recursive: true });
  const file = join(out, `pairs-${new Date().toISOString().replaceAll(":", "-")}.json`);
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, platform: process.platform };
  await writeFile(file, JSON.stringify({ options, machine, ...comparison }, undefined, 2));
  console.log(`written to ${file}`);
}

function describeRound({ peer, window, rate, lost, doubled, outOfOrder, refused }: RoundResult): string {
  const head = `${peer.padEnd(11)} ${String(window).padStart(6)} in flight a node`;
  const faults =
    lost + doubled + outOfOrder + refused > 0
      ? `; lost ${lost}, doubled ${doubled}, out of order ${outOfOrder}, refused ${refused}`
      : "";
  return `${head}: ${String(Math.round(rate)).padStart(7)} messages/s${faults}`;
}

const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    stopping.abort();
  });
}
// A terminal or a pipe that is gone: without a listener the process would end here and leave its servers behind.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", () => {
    process.exitCode ??= 1;
    stopping.abort();
  });
}
try {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") console.log(USAGE);
  else await bench(options, stopping.signal);
} catch (error) {
  if (stopping.signal.aborted) console.error("interrupted: nothing was written");
  else if (error instanceof WrongUsage) console.error(`${error.message}\n\n${USAGE}`);
  else console.error(error);
  process.exitCode ??= error instanceof WrongUsage ? 2 : 1;
}
