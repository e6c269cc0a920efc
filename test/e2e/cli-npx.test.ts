/** `npx allspark` in the checkout, as the README has it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { temporaryFolder } from "../support/temporary-folder.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("runs what npm install has built, from a folder below too", async () => {
  // npx remembers packages: it must not be what an earlier run has left.
  const env = { ...process.env, npm_config_cache: temporaryFolder("npx") };
  for (const cwd of [ROOT, join(ROOT, "docs")]) {
    const { stdout } = await run("npx", ["allspark", "--version"], { cwd, env });
    expect(stdout).toBe(`${manifest.version}\n`);
  }
});
