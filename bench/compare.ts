/** Runs Allspark and the bare relay side by side under the same load and puts the results together. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Order, Report } from "./generator.ts";
import type { RoundResult } from "./load.ts";
import { startAllspark } from "./peers/allspark/start.ts";
import { startBareRelay } from "./peers/bare-relay/start.ts";

export type CompareOptions = Pick<Order, "nodes" | "messages" | "warmUpMessages" | "windows" | "rounds"> & {
  /** Called after each round. */
  onRound?: (round: RoundResult) => void;
};

export interface Summary {
  median: number;
  lowest: number;
  highest: number;
}

export interface WindowComparison {
  window: number;
  allspark: Summary;
  bareRelay: Summary;
  /** Median over median. */
  ratio: number;
}

export interface Comparison {
  rounds: RoundResult[];
  windows: WindowComparison[];
  /** Each peer's best median over all windows. */
  best: { allspark: number; bareRelay: number; ratio: number };
}

/**
 * Starts both servers and the generator, measures, and ends all three, also where it throws: where a round does not end
 * or `signal` interrupts it.
 */
export async function compare(options: CompareOptions, signal?: AbortSignal): Promise<Comparison> {
  const edge = await startAllspark(
    { ALLSPARK_MESSAGES_PER_SECOND: "1000000", ALLSPARK_BYTES_PER_SECOND: "1000000000" },
    signal,
  );
  try {
    const relay = await startBareRelay(await compatibilityDate());
    try {
      const { onRound, ...rest } = options;
      const order: Order = { ...rest, allspark: { url: edge.url, secret: edge.secret }, bareRelay: { url: relay.url } };
      return summarize(await generate(order, onRound ?? (() => {}), signal), options.windows);
    } finally {
      await relay.stop();
    }
  } finally {
    await edge.stop();
  }
}

async function generate(
  order: Order,
  onRound: (round: RoundResult) => void,
  signal: AbortSignal | undefined,
): Promise<RoundResult[]> {
  signal?.throwIfAborted();
  const child = fork(join(import.meta.dirname, "generator.ts"), { execArgv: [] });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  // SIGKILL: it holds nothing but sockets, and a stuck one must go too.
  const kill = (): void => void child.kill("SIGKILL");
  signal?.addEventListener("abort", kill);
  try {
    return await new Promise((resolve, reject) => {
      const rounds: RoundResult[] = [];
      let done = false;
      child.on("message", (report: Report) => {
        if ("failed" in report) reject(new Error(report.failed));
        else if ("done" in report) done = true;
        else {
          rounds.push(report.round);
          onRound(report.round);
        }
      });
      exited.then(
        ([code, by]) => (done ? resolve(rounds) : reject(new Error(`the generator ended with ${by ?? code}`))),
        reject,
      );
      child.send(order, (error) => error && reject(error));
    });
  } finally {
    signal?.removeEventListener("abort", kill);
    kill();
    await exited;
  }
}

function summarize(rounds: RoundResult[], windows: number[]): Comparison {
  const compared = windows.map((window): WindowComparison => {
    const rates = (peer: string): Summary =>
      summary(rounds.filter((round) => round.peer === peer && round.window === window).map((round) => round.rate));
    const [allspark, bareRelay] = [rates("allspark"), rates("bare relay")];
    return { window, allspark, bareRelay, ratio: allspark.median / bareRelay.median };
  });
  const allspark = Math.max(...compared.map((row) => row.allspark.median));
  const bareRelay = Math.max(...compared.map((row) => row.bareRelay.median));
  return { rounds, windows: compared, best: { allspark, bareRelay, ratio: allspark / bareRelay } };
}

function summary(rates: number[]): Summary {
  const sorted = rates.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return { median: median ?? NaN, lowest: sorted[0] ?? NaN, highest: sorted.at(-1) ?? NaN };
}

/** The date that Allspark runs with: both get the same runtime. */
async function compatibilityDate(): Promise<string> {
  const toml = await readFile(join(import.meta.dirname, "../wrangler.toml"), "utf8");
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(toml)?.[1];
  if (date === undefined) throw new Error("wrangler.toml names no compatibility_date");
  return date;
}

/** The comparison as text lines, one a window and one for the best of each. */
export function describeComparison({ windows, best }: Comparison): string {
  const cell = ({ median, lowest, highest }: Summary): string =>
    `${whole(median)} (${whole(lowest)}–${whole(highest)})`;
  return [
    "in flight   allspark, messages/s     bare relay, messages/s   ratio",
    ...windows.map(({ window, allspark, bareRelay, ratio }) =>
      [String(window).padEnd(11), cell(allspark).padEnd(24), cell(bareRelay).padEnd(24), ratio.toFixed(2)].join(" "),
    ),
    `best of each: ${whole(best.allspark)} beside ${whole(best.bareRelay)}, ratio ${best.ratio.toFixed(2)}`,
  ].join("\n");
}

const whole = (rate: number): string => String(Math.round(rate));
