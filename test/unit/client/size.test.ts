/** What an app pays for the library, and that it needs nothing of the platform. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { builtPackage } from "../../support/built-package.ts";
import { ROOT } from "../../support/public-api.ts";

beforeAll(builtPackage, 60_000);

/** An app that imports `from` and nothing else, as a bundler for browsers makes it. Fails on an import of Node or Workers. */
async function bundle(from: string, external: string[] = []): Promise<{ gzipBytes: number; imports: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export * from "${from}";`, resolveDir: ROOT },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "neutral",
    external,
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return { gzipBytes: gzipSync(outputFiles[0]!.contents, { level: 9 }).byteLength, imports };
}

test("the client is at most 10 KiB gzipped, and imports nothing", async () => {
  const { gzipBytes, imports } = await bundle("allspark/client");
  expect(gzipBytes).toBeLessThanOrEqual(10 * 1024);
  expect(gzipBytes).toBeGreaterThan(5 * 1024);
  expect(imports).toEqual([]);
});

test("the stores of pages import nothing", async () => {
  expect((await bundle("allspark/client/storage")).imports).toEqual([]);
});

test("the React part imports React alone", async () => {
  const { imports } = await bundle("allspark/react", ["react"]);
  expect([...new Set(imports)].sort()).toEqual(["react", "react/jsx-runtime"]);
});
