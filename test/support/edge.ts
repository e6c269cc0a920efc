/** Runs the edge as a user would, by `npm run serve`, in a process group of its own that tests may stop, kill and restart. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type GroupMember, groupMembers, signalGroup } from "./process-group.ts";
import { type KeyOptions, mintJwt } from "./keys.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const READY_WITHIN_MS = 60_000;
const GONE_WITHIN_MS = 20_000;
const KEPT_OUTPUT_CHARS = 8_000;

export interface EdgeOptions {
  /** On top of the inherited environment and a secret of this test. */
  env?: Record<string, string>;
  /** Directory of the edge's storage; a temporary one, removed at the end, by default. */
  data?: string;
  port?: number;
  /** More options of `npm run serve`, such as "--allow-private". */
  args?: string[];
}

export interface Edge {
  url: string;
  port: number;
  data: string;
  secret: string;
  /** A key for this edge. */
  key(nodeId: string, options?: KeyOptions): string;
  /** GET, POST… with the key as bearer; answers status and parsed body. */
  call<Body = unknown>(
    method: string,
    path: string,
    key: string,
    body?: unknown,
  ): Promise<{ status: number; body: Body }>;
  /** The live processes of the edge. */
  processes(): Promise<GroupMember[]>;
  /** SIGTERM, as an operator stops it; storage stays until close(). */
  stop(): Promise<void>;
  /** SIGKILL to the whole group; resolves when nothing of it lives. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data; kills it first where it still runs. */
  restart(): Promise<void>;
  /** Ends it and removes its temporary data. */
  close(): Promise<void>;
  /** The last of its output, for failure messages. */
  output(): string;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** Starts an edge and waits, at most a minute, for its ready line. */
export async function startEdge(options: EdgeOptions = {}): Promise<Edge> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "allspark-e2e-")));
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const secret = "an e2e secret that only this test knows";
  let child: ChildProcess | undefined;
  let output = "";

  const start = async (): Promise<void> => {
    // A test edge must not inherit the settings of whoever runs the tests.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("ALLSPARK_"));
    const started = spawn(
      "npm",
      ["run", "--silent", "serve", "--", "--port", String(port), "--data", data, ...(options.args ?? [])],
      {
        cwd: REPOSITORY,
        env: { ...Object.fromEntries(inherited), ALLSPARK_SECRETS: secret, ...options.env },
        detached: true,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    child = started;
    output = "";
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => {
        clearTimeout(timer);
        reject(new Error(`the edge ${why}\n${output}`));
      };
      const timer = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS} ms`), READY_WITHIN_MS);
      const read = (chunk: Buffer): void => {
        output = (output + chunk.toString()).slice(-KEPT_OUTPUT_CHARS);
        if (!output.includes(`allspark ready ${url}`)) return;
        clearTimeout(timer);
        resolve();
      };
      started.stdout?.on("data", read);
      started.stderr?.on("data", read);
      started.once("error", (error) => fail(`did not start: ${error.message}`));
      started.once("exit", (code, signal) => fail(`ended with ${signal ?? code} before it was ready`));
    });
  };

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const pgid = child?.pid;
    child = undefined;
    if (pgid === undefined) return;
    signalGroup(pgid, signal);
    const deadline = Date.now() + GONE_WITHIN_MS;
    // Grandchildren end without an event that we could wait for.
    while ((await groupMembers(pgid)).length > 0) {
      if (Date.now() > deadline) {
        signalGroup(pgid, "SIGKILL");
        throw new Error(`the edge lived ${GONE_WITHIN_MS} ms after ${signal}\n${output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  const close = async (): Promise<void> => {
    await end("SIGKILL");
    if (options.data === undefined) await rm(data, { recursive: true, force: true });
  };

  await start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    url,
    port,
    data,
    secret,
    key: (nodeId, keyOptions) => mintJwt(nodeId, secret, keyOptions),
    call: async <Body>(method: string, path: string, key: string, body?: unknown) => {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: (text === "" ? undefined : JSON.parse(text)) as Body };
    },
    processes: () => (child?.pid === undefined ? Promise.resolve([]) : groupMembers(child.pid)),
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    restart: async () => {
      await end("SIGKILL");
      await start();
    },
    close,
    output: () => output,
  };
}
