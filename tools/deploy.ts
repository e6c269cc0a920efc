/**
 * `npm run deploy`: makes the queues that the account lacks, then `wrangler deploy`. Arguments are passed on: `npm run deploy -- --keep-vars`.
 */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { unstable_readConfig } from "wrangler";
import { ensureQueue, queueNames } from "./deploy/queues.ts";
import { WRANGLER } from "./wrangler.ts";

const ROOT = resolve(import.meta.dirname, "..");
const args = process.argv.slice(2);

/** What changes nothing must not make queues either. */
const changesNothing = ["--dry-run", "--help", "-h"].some((option) => args.includes(option));

async function hasQueues(): Promise<boolean> {
  const { queues } = unstable_readConfig({ config: join(ROOT, "wrangler.toml") });
  for (const name of queueNames(queues)) {
    if (!(await ensureQueue(name, ROOT, process.env))) return false;
  }
  return true;
}

if (changesNothing || (await hasQueues())) {
  const { status } = spawnSync(process.execPath, [WRANGLER, "deploy", ...args], { cwd: ROOT, stdio: "inherit" });
  process.exitCode = status ?? 1;
} else {
  process.exitCode = 1;
}
