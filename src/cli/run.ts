/** One run of the command line: from arguments to an exit code. */
import type { Readable } from "node:stream";
import { type Command, CommanderError } from "commander";
import { type Flags, readConfig } from "./config/config.ts";
import type { Body, Context } from "./context.ts";
import { EXIT, exitCodeOf, failureOf, UsageError } from "./failures.ts";
import { Output, type Sink } from "./output/output.ts";
import { program } from "./program.ts";

/** As much of `process` as is needed. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  stdin: Readable & { isTTY?: boolean };
  stdout: Sink & Pick<NodeJS.EventEmitter, "on">;
  stderr: Sink & Pick<NodeJS.EventEmitter, "on">;
  cwd(): string;
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): void;
}

/** Why a command ended before its time; nothing to complain of. */
class Stop extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("stopped");
    this.exitCode = exitCode;
  }
}

/** Whatever a command leaves to be closed has so long for it. */
const CLEANUP_WITHIN_MS = 2_000;

/** Resolves to the exit code when everything is printed and closed. Installs handlers of signals, once a process. */
export async function runCli(args: readonly string[], around: Surroundings): Promise<number> {
  const { stdout, stderr } = around;
  // Errors in the command line itself must come in the form that was asked for, too.
  const isJson = args.slice(0, args.includes("--") ? args.indexOf("--") : undefined).includes("--json");
  const output = new Output({ isJson, stdout, stderr });
  const stopping = new AbortController();
  const stop = (exitCode: number) => {
    // Who presses Ctrl-C twice does not want to wait.
    if (stopping.signal.aborted) around.exit(exitCode);
    stopping.abort(new Stop(exitCode));
  };
  around.on("SIGINT", () => stop(EXIT.interrupted));
  around.on("SIGTERM", () => stop(EXIT.terminated));
  // A reader that has had enough, as `head` has: it is no failure, and there is nobody left to print for.
  for (const stream of [stdout, stderr]) {
    stream.on("error", () => {
      if (!stopping.signal.aborted) stop(EXIT.ok);
    });
  }

  let exitCode: number = EXIT.ok;
  const run = async (command: Command, body: Body) => {
    const config = readConfig(command.optsWithGlobals<Flags>(), around.env, around.cwd());
    const cleanups: (() => Promise<void> | void)[] = [];
    const context: Context = {
      config,
      output,
      stdin: around.stdin,
      signal: stopping.signal,
      stop,
      defer: (cleanup) => void cleanups.push(cleanup),
    };
    try {
      exitCode = (await orStopped(body(context), stopping.signal)) ?? EXIT.ok;
    } finally {
      await within(CLEANUP_WITHIN_MS, cleaned(cleanups));
    }
  };
  try {
    await program(run, output).parseAsync(args, { from: "user" });
  } catch (error) {
    return ended(error, output);
  }
  return exitCode;
}

function orStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([work, stopped]);
}

async function cleaned(cleanups: readonly (() => Promise<void> | void)[]): Promise<void> {
  await Promise.allSettled(cleanups.map(async (cleanup) => cleanup()));
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

function ended(error: unknown, output: Output): number {
  if (error instanceof Stop) return error.exitCode;
  if (error instanceof CommanderError) {
    // --help and --version have printed what was asked for.
    if (error.exitCode === 0) return EXIT.ok;
    const message =
      error.code === "commander.help"
        ? "which command? `allspark --help` lists them"
        : error.message.replace(/^error: /, "");
    output.failure(failureOf(new UsageError(message)), "`allspark COMMAND --help` says what there is");
    return EXIT.usage;
  }
  output.failure(failureOf(error));
  return exitCodeOf(error);
}
