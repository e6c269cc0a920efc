/**
 * `npm run bench -- [--messages N] [--rounds N] [--nodes N] [--windows A,B,…]`: Allspark beside a bare relay on the same
 * runtime, in one run. Prints rates and ratios and writes them to bench/out/.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compare, describeComparison } from "./compare.ts";

const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "50000" },
    rounds: { type: "string", default: "5" },
    nodes: { type: "string", default: "100" },
    windows: { type: "string", default: "1,5,20,50" },
  },
});

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`--${name} takes whole numbers above 0, not ${text}`);
  return number;
}

const options = {
  messages: positive("messages", values.messages),
  rounds: positive("rounds", values.rounds),
  nodes: positive("nodes", values.nodes),
  windows: values.windows.split(",").map((window) => positive("windows", window)),
  warmUpMessages: 10_000,
};
const comparison = await compare({
  ...options,
  onRound: ({ peer, window, rate, lost, doubled, outOfOrder, refused }) =>
    console.log(
      `${peer.padEnd(11)} ${String(window).padStart(6)} in flight a node: ${String(Math.round(rate)).padStart(7)} messages/s` +
        (lost + doubled + outOfOrder + refused > 0
          ? `; lost ${lost}, doubled ${doubled}, out of order ${outOfOrder}, refused ${refused}`
          : ""),
    ),
});
console.log(`\n${describeComparison(comparison)}`);

const out = join(import.meta.dirname, "out");
await mkdir(out, { recursive: true });
const file = join(out, `pairs-${new Date().toISOString().replaceAll(":", "-")}.json`);
const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, platform: process.platform };
await writeFile(file, JSON.stringify({ options, machine, ...comparison }, undefined, 2));
console.log(`written to ${file}`);
