/**
 * Runs the workerd binary on a configuration: starts it, tells its port, stops it. Knows nothing of what it serves, so
 * that the benchmark can run other bundles the same way.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { Refusal } from "./refusal.ts";
import { SOCKET_NAME } from "./workerd-config.ts";

export interface WorkerdOptions {
  /** Path of the configuration text (see workerd-config.ts). */
  config: string;
  host: string;
  /** 0 picks a free port. */
  port: number;
  env?: NodeJS.ProcessEnv;
  /** Where what it prints goes, in place of this process's own output. */
  output?: Writable;
}

export interface Workerd {
  pid: number;
  /** The port that it listens on. */
  port: number;
  /** Settles when the process has ended, with words for how. */
  exited: Promise<string>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/** How long open requests may take to end after SIGTERM before the process is killed; open WebSockets never end. */
const STOP_GRACE_MS = 500;

/** Starts workerd; resolves when it listens. Throws where it ends before that (it has said why on stderr). */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  const address = `--socket-addr=${SOCKET_NAME}=${host}:${options.port}`;
  const printed = options.output ? "pipe" : "inherit";
  const child: ChildProcess = spawn(workerdBinary(), ["serve", options.config, address, "--control-fd=3"], {
    env: options.env ?? process.env,
    stdio: ["ignore", printed, printed, "pipe"],
  });
  if (options.output) for (const from of [child.stdout, child.stderr]) from?.pipe(options.output, { end: false });
  const exited = once(child, "exit").then(([code, signal]) => (signal ? `by ${signal}` : `with code ${code}`));
  const release = killWhenOrphaned(child);
  void exited.then(release, release);
  const port = await Promise.race([
    listeningPort(child.stdio[3] as Readable),
    exited.then((how) =>
      Promise.reject(new Refusal(`workerd ended ${how} before it listened on ${host}:${options.port}`)),
    ),
  ]);
  return {
    pid: child.pid!,
    port,
    exited,
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** workerd comes with wrangler, in the version that wrangler deploys against. */
function workerdBinary(): string {
  const fromWrangler = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));
  return (fromWrangler("workerd") as { default: string }).default;
}

/** workerd writes one line of JSON for each socket that it opens. */
async function listeningPort(control: Readable): Promise<number> {
  for await (const line of createInterface({ input: control })) {
    const event = JSON.parse(line) as { event: string; socket?: string; port?: number };
    if (event.event === "listen" && event.socket === SOCKET_NAME && event.port !== undefined) return event.port;
  }
  return new Promise(() => undefined); // closed without a word: it has ended, and `exited` says so
}

/**
 * If this process is killed by SIGKILL it cannot take workerd along, which would keep the port and the data. A shell
 * waits on a pipe that only this process holds: a line means that all went well, the end of the pipe that it was killed.
 */
function killWhenOrphaned(child: ChildProcess): () => void {
  if (process.platform === "win32") return () => undefined;
  const script = 'read -r line || kill -KILL "$1" 2>/dev/null';
  const watchdog = spawn("sh", ["-c", script, "workerd-watchdog", String(child.pid)], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchdog.stdin.on("error", () => undefined); // EPIPE where the whole process group was signalled
  return () => watchdog.stdin.end("ended\n");
}
