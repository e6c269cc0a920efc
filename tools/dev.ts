/**
 * `npm run dev`: the edge under `wrangler dev` on http://localhost:8787, rebuilt as sources change. Makes a development
 * secret at the first run. Arguments are passed on: `npm run dev -- --port 9000`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { WRANGLER, WRANGLER_ENV } from "./wrangler.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Settings for development only; git ignores the file, and neither deploy nor serve reads it. */
function ensureDevVars(): void {
  const path = resolve(ROOT, ".dev.vars");
  if (existsSync(path)) return;
  const secret = randomBytes(32).toString("base64url");
  writeFileSync(
    path,
    `# Made by npm run dev, for this machine only.
ALLSPARK_SECRETS=${secret}
# POST /dev/key hands a key for any node to anyone: the page at / uses it. Never set this in production.
ALLSPARK_DEV_KEYS=true
ALLSPARK_ACCEPT_V1_KEYS=true
`,
    { mode: 0o600 },
  );
  console.log("allspark: made a development secret in .dev.vars (ignored by git)");
}

ensureDevVars();
const args = process.argv.slice(2);
const port = args.some((arg) => arg.startsWith("--port")) ? [] : ["--port", "8787"];
const child = spawn(process.execPath, [WRANGLER, "dev", "--local", ...port, ...args], {
  cwd: ROOT,
  stdio: "inherit",
  env: {
    ...process.env,
    ...WRANGLER_ENV,
    // wrangler traces every call between objects by default, which makes them about four times slower.
    X_LOCAL_OBSERVABILITY: "false",
    // Nothing here reads request.cf, so it need not be fetched.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  },
});
// A terminal sends Ctrl-C to wrangler too; what else ends this process is passed on to it.
let stopping = false;
process.on("SIGINT", () => (stopping = true));
for (const signal of ["SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopping = true;
    child.kill("SIGTERM");
  });
}
const [code] = (await once(child, "exit")) as [number | null];
process.exitCode = stopping ? 0 : (code ?? 1);
