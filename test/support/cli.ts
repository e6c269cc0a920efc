/** The built `allspark` command as a process of its own, in an empty folder and without settings of whoever runs the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Signal } from "./signal.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const CLI = fileURLToPath(new URL("../../dist/package/cli.js", import.meta.url));
const ENDS_WITHIN_MS = 30_000;

export interface CliOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Written to its standard input, which is then closed; left open by default where it is started. */
  stdin?: string;
}

export interface CliOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command that is running. */
export class RunningCli {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #signal = new Signal();
  readonly #args: string;
  readonly #ended: Promise<number | null>;

  constructor(args: readonly string[], { env = {}, cwd, stdin }: CliOptions = {}) {
    this.#args = args.join(" ");
    this.child = spawn(process.execPath, [CLI, ...args], {
      cwd: cwd ?? temporaryFolder("cli"),
      env: { PATH: process.env["PATH"] ?? "", TZ: "UTC", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // A command that ends early closes its input while we write.
    this.child.stdin?.on("error", () => {});
    for (const name of ["stdout", "stderr"] as const) {
      this.child[name]?.setEncoding("utf8").on("data", (text: string) => {
        this[name] += text;
        this.#signal.changed();
      });
    }
    this.#ended = new Promise((resolve, reject) => this.child.on("close", resolve).on("error", reject));
    if (stdin !== undefined) this.child.stdin?.end(stdin);
  }

  /** Writes a line to its standard input. */
  type(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** Waits until its output holds this, notes on stderr included. */
  says(part: string | RegExp, ms = 15_000): Promise<void> {
    const has = () => {
      const all = this.stdout + this.stderr;
      return typeof part === "string" ? all.includes(part) : part.test(all);
    };
    return this.#signal.until(
      has,
      ms,
      () => `${String(part)} from allspark ${this.#args}, which said ${this.stdout}${this.stderr}`,
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits for its end. */
  async outcome(ms = ENDS_WITHIN_MS): Promise<CliOutcome> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.child.kill("SIGKILL");
        reject(new Error(`allspark ${this.#args} did not end within ${ms} ms: ${this.stdout}${this.stderr}`));
      }, ms);
    });
    try {
      const code = await Promise.race([this.#ended, late]);
      return { code, stdout: this.stdout, stderr: this.stderr };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Runs it to its end, without input. */
export function cli(args: readonly string[], options: CliOptions = {}): Promise<CliOutcome> {
  return new RunningCli(args, { stdin: "", ...options }).outcome();
}

/** The command line of one edge: address and secrets come from the environment. */
export function cliOf({ url, secret }: { url: string; secret: string }) {
  const env = { ALLSPARK_URL: url, ALLSPARK_SECRETS: secret };
  return {
    env,
    run: (args: readonly string[], options: CliOptions = {}) =>
      cli(args, { ...options, env: { ...env, ...options.env } }),
    start: (args: readonly string[], options: CliOptions = {}) =>
      new RunningCli(args, { ...options, env: { ...env, ...options.env } }),
  };
}

/** Each line of JSON. */
export function jsonLines<T = Record<string, unknown>>(text: string): T[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}
