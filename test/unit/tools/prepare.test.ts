/** `npm install --omit=dev` in a checkout runs `prepare`, with nothing to build with. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const PREPARE = join(import.meta.dirname, "../../../tools/prepare.js");
let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "allspark-prepare-"));
  mkdirSync(join(checkout, "tools"));
  copyFileSync(PREPARE, join(checkout, "tools/prepare.js"));
  writeFileSync(join(checkout, "package.json"), '{"type":"module"}');
});

afterEach(() => rmSync(checkout, { recursive: true }));

const prepare = () => spawnSync(process.execPath, ["tools/prepare.js"], { cwd: checkout, encoding: "utf8" });

test("says what is missing and lets the installation be", () => {
  const { status, stderr } = prepare();
  expect(stderr).toContain("not built: node, esbuild, typescript is not installed");
  expect(status).toBe(0);
});

test("with everything there it builds, and fails where that fails", () => {
  for (const name of ["node", "esbuild", "typescript"]) {
    mkdirSync(join(checkout, "node_modules", name), { recursive: true });
    writeFileSync(join(checkout, "node_modules", name, "package.json"), "{}");
  }
  writeFileSync(join(checkout, "tools/build.ts"), 'console.log("building");');
  expect(prepare()).toMatchObject({ status: 0, stdout: "building\n" });
  writeFileSync(join(checkout, "tools/build.ts"), "process.exit(3);");
  expect(prepare().status).toBe(3);
});
