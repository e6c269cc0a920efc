/**
 * `npm run build`, and `prepare` after every `npm install`: the client library and the command line as plain JavaScript with types
 * under dist/package, which is what the package's `exports` and `bin` name.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "..");
const OUT = join(ROOT, "dist/package");
const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

rmSync(OUT, { recursive: true, force: true });

// One bundle with shared parts, so that a SessionView of `client` is the same class in `react`.
await build({
  absWorkingDir: ROOT,
  entryPoints: {
    client: "src/client/index.ts",
    storage: "src/client/storage/index.ts",
    "file-store": "src/client/storage/file.ts",
    react: "src/client/react/index.ts",
  },
  outdir: OUT,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  sourcemap: true,
  external: ["node:*", "react"],
});

// They are in the bundle, so their terms go with it.
const terms = ["idb-keyval", "nanoevents"].map((name) => {
  const folder = join(ROOT, "node_modules", name);
  return `${name}\n\n${readFileSync(join(folder, name === "idb-keyval" ? "LICENCE" : "LICENSE"), "utf8")}`;
});
writeFileSync(join(OUT, "third-party-licences.txt"), terms.join("\n\n"));

await build({
  absWorkingDir: ROOT,
  entryPoints: { cli: "src/cli/main.ts" },
  outdir: OUT,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node22",
  sourcemap: true,
});
chmodSync(join(OUT, "cli.js"), 0o755);

const types = spawnSync(
  process.execPath,
  [TSC, "-p", "src/client/tsconfig.build.json", "--outDir", join(OUT, "types")],
  {
    cwd: ROOT,
    stdio: "inherit",
  },
);
if (types.status !== 0) throw new Error("tsc could not write the types");
