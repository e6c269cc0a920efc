/**
 * `prepare`: npm runs it after `npm install` and `npm ci` in a checkout, and before packing. Plain JavaScript, since without the
 * development dependencies there is only the machine's own Node, which may not know TypeScript. Where there is nothing to build
 * with it says so and lets the installation be.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const { resolve } = createRequire(import.meta.url);
const ROOT = fileURLToPath(new URL("..", import.meta.url));

function isInstalled(name) {
  try {
    resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

const missing = ["node", "esbuild", "typescript"].filter((name) => !isInstalled(name));
if (missing.length > 0) {
  const state = existsSync(new URL("../dist/package/client.js", import.meta.url)) ? "as it was" : "not";
  console.warn(
    `allspark: the client library and the command are ${state} built: ${missing.join(", ")} is not installed. ` +
      "npm install with the development dependencies, then npm run build.",
  );
} else {
  // npm puts the Node of the development dependencies first on the path.
  process.exitCode = spawnSync("node", ["tools/build.ts"], { cwd: ROOT, stdio: "inherit" }).status ?? 1;
}
