/**
 * `npm run dev`: the edge under `wrangler dev` on http://localhost:8787, rebuilt as sources change. Makes a development
 * secret at the first run. Arguments are passed on: `npm run dev -- --port 9000`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { parseCommandLine, readPort, WrongUsage } from "./command-line.ts";
import { WRANGLER, WRANGLER_ENV } from "./wrangler.ts";

const USAGE = `usage: npm run dev -- [--port P] [other options of wrangler dev]
  --port P   port to listen on (8787)`;

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

/** The arguments for wrangler, which knows more of them; --port is checked here, since its own answer is a screen of options. */
function readArguments(): string[] {
  const args = process.argv.slice(2);
  const { values } = parseCommandLine("dev", {
    args,
    strict: false,
    options: { port: { type: "string" } },
  });
  if (values.port === undefined) return ["--port", "8787", ...args];
  readPort(typeof values.port === "string" ? values.port : ""); // true where its value is missing
  return args;
}

let args: string[];
try {
  args = readArguments();
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error;
  console.error(`allspark: ${error.message}\n\n${USAGE}`);
  process.exit(2);
}
ensureDevVars();
const child = spawn(process.execPath, [WRANGLER, "dev", "--local", ...args], {
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
