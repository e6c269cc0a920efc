/** One run of the command line: from arguments to an exit code. */
import type { Readable } from "node:stream";
import { type Command, CommanderError } from "commander";
import { type Config, type Flags, readConfig } from "./config/config.ts";
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
    output.end();
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
  let config: Config | undefined;
  const run = async (command: Command, body: Body) => {
    config = readConfig(command.optsWithGlobals<Flags>(), around.env, around.cwd());
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
  const help: string[] = [];
  try {
    await program(run, output, help).parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof Stop) return error.exitCode;
    if (error instanceof CommanderError) return misunderstood(error, output, help);
    output.failure(failureOf(error), keyHint(error, config));
    return exitCodeOf(error);
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

function misunderstood({ code, exitCode, message }: CommanderError, output: Output, help: readonly string[]): number {
  // --help and --version have printed what was asked for.
  if (exitCode === 0) return EXIT.ok;
  if (code === "commander.help") {
    if (output.isJson) output.failure(failureOf(new UsageError("which command? --help lists them")));
    else output.stderr.write(help.join(""));
  } else {
    const usage = new UsageError(message.replace(/^error: /, ""));
    output.failure(failureOf(usage), "`allspark COMMAND --help` says what there is");
  }
  return EXIT.usage;
}

/** Where a key that was refused came from: there may be several places. */
function keyHint(error: unknown, config: Config | undefined): string | undefined {
  if (exitCodeOf(error) !== EXIT.notAuthorised || !failureOf(error).code.startsWith("AUTH_")) return undefined;
  const { speaker, secrets } = config ?? {};
  if (speaker?.kind === "key") return `The key is that of ${speaker.source}.`;
  return (
    secrets && `The key was made with ${secrets.source}; the edge is ${config?.url}. \`allspark doctor\` tells more.`
  );
}
