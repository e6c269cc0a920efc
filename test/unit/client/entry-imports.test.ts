/** The entries beside the client need nothing of the platform, and React alone where they are for React. */
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { builtPackage } from "../../support/built-package.ts";
import { ROOT } from "../../support/public-api.ts";

beforeAll(builtPackage, 60_000);

/** What is left to import for an app that imports `from` and nothing else. Fails on an import of Node or Workers. */
async function imports(from: string, external: string[] = []): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: `export * from "${from}";`, resolveDir: ROOT },
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "neutral",
    external,
  });
  const paths = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return [...new Set(paths)].toSorted();
}

test("the stores of pages import nothing", async () => {
  expect(await imports("allspark/client/storage")).toEqual([]);
});

test("the React part imports React alone", async () => {
  expect(await imports("allspark/react", ["react"])).toEqual(["react", "react/jsx-runtime"]);
});

test("the store of files is not for browsers: bundling it for no platform fails", async () => {
  await expect(imports("allspark/client/file-store")).rejects.toThrow("node:fs");
});
