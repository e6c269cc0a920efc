/** What an app pays for the library: at most 10 KiB, and nothing that only one runtime has. */
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("the bundle has at most 10,240 bytes, minified and gzipped, and imports nothing", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: ["src/client/index.ts"],
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    metafile: true,
  });
  const [bundle] = outputFiles;
  expect(gzipSync(bundle!.contents, { level: 9 }).byteLength).toBeLessThanOrEqual(10_240);
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
  expect(/["'`](node|cloudflare):/.test(bundle!.text)).toBe(false);
});
