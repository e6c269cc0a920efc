/**
 * Runs the edge as `npm run serve` does, on a free port with storage of its own. In the process group of the benchmark,
 * so that what is sent to the group (Ctrl-C, a closed terminal) reaches it too.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SERVE = join(import.meta.dirname, "../../../tools/serve.ts");
const SECRET = "a secret that only this benchmark knows";
const READY_WITHIN_MS = 60_000;
/** After SIGTERM it ends workerd and gives its folder free; killed, it can do neither. */
const STOP_GRACE_MS = 5_000;
const KEPT_OUTPUT_CHARS = 8_000;

/** Resolves when it is ready. Throws with what it said where it does not get there, or is no longer wanted. */
export async function startAllspark(
  settings: Record<string, string>,
  signal?: AbortSignal,
): Promise<{ url: string; secret: string; stop(): Promise<void> }> {
  const data = await mkdtemp(join(tmpdir(), "allspark-bench-"));
  // Settings of whoever runs the benchmark would be measured too.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("ALLSPARK_"));
  const child = spawn(process.execPath, [SERVE, "--port", "0", "--data", data], {
    env: { ...Object.fromEntries(inherited), ALLSPARK_SECRETS: SECRET, ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const grace = setTimeout(() => child.kill("SIGKILL"), STOP_GRACE_MS);
    await exited;
    clearTimeout(grace);
    // workerd may be a moment behind, where serve could not wait for it.
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  };
  let output = "";
  let timer: NodeJS.Timeout | undefined;
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`Allspark ${why}\n${output}`));
      timer = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS / 1_000} s`), READY_WITHIN_MS);
      if (signal?.aborted) fail("was interrupted");
      signal?.addEventListener("abort", () => fail("was interrupted"));
      exited.then(([code, by]) => fail(`ended with ${by ?? code} before it was ready`), reject);
      const read = (chunk: Buffer): void => {
        output = (output + chunk.toString()).slice(-KEPT_OUTPUT_CHARS);
        const ready = /^allspark ready (\S+)\n/m.exec(output);
        if (ready?.[1] !== undefined) resolve(ready[1]);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
    });
    return { url, secret: SECRET, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
