/**
 * The queues that wrangler.toml names, made where the account does not have them yet. A deploy makes only those that something is sent
 * to by binding, never a dead-letter queue.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { WRANGLER, WRANGLER_ENV } from "../wrangler.ts";

/** Every queue of a wrangler.toml, dead-letter queues too, once. */
export function queueNames(queues: {
  producers?: { queue?: string }[];
  consumers?: { queue: string; dead_letter_queue?: string }[];
}): string[] {
  const names = [
    ...(queues.producers ?? []).map(({ queue }) => queue),
    ...(queues.consumers ?? []).flatMap(({ queue, dead_letter_queue: dead }) => [queue, dead]),
  ];
  return [...new Set(names.filter((name) => name !== undefined))];
}

/**
 * Makes the queue `name` if wrangler says that there is none. Answers false, after wrangler has said why, where that cannot be found out or
 * done: then a deploy would fail as well.
 */
export async function ensureQueue(name: string, root: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const info = await wrangler(["queues", "info", name], root, env);
  if (info.isDone) return true;
  if (!info.said.includes(`Queue "${name}" does not exist`)) {
    process.stderr.write(info.said);
    return false;
  }
  console.log(`allspark: making the queue ${name}`);
  const created = await wrangler(["queues", "create", name], root, env);
  if (!created.isDone) process.stderr.write(created.said);
  return created.isDone;
}

async function wrangler(
  args: string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ isDone: boolean; said: string }> {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    cwd,
    env: { ...env, ...WRANGLER_ENV, FORCE_COLOR: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { isDone: code === 0, said: out + err };
}
