/** The first example of the README does what it says, run as it says. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { builtPackage } from "../support/built-package.ts";
import { startEdge } from "../support/edge.ts";
import { examplesOfDocument } from "../support/examples.ts";
import { ROOT } from "../support/public-api.ts";

test("the README's example prints what the README says", async () => {
  await builtPackage();
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const [example] = examplesOfDocument("readme", readme);
  const edge = await startEdge({ env: { ALLSPARK_DEV_KEYS: "true" } });
  // Inside this folder, where the package finds itself by its name.
  const program = join(ROOT, `dist/examples/hello-${process.pid}.ts`);
  try {
    await mkdir(join(ROOT, "dist/examples"), { recursive: true });
    expect(example!.code).toContain('"http://localhost:8787"');
    await writeFile(program, example!.code.replace("http://localhost:8787", edge.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 30_000 });
    expect(stdout.trim().split("\n")).toEqual(["alice says hello", "delivered"]);
    expect(readme).toContain("It prints `alice says hello` and `delivered`.");
  } finally {
    await rm(program, { force: true });
    await edge.close();
  }
});
