/**
 * Three ways to run tests, each where its subject really runs: `unit` in Node, `workers` inside workerd with the objects
 * of wrangler.toml, `e2e` in Node over real sockets against `npm run serve`. `npm test` (tools/test.ts) runs them in turn.
 */
import { fileURLToPath } from "node:url";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const built = (file: string) => fileURLToPath(new URL(`dist/package/${file}`, import.meta.url));

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: "unit", environment: "node", include: ["test/unit/**/*.test.ts"] },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ALLSPARK_SECRETS: "test-secret-0123456789abcdef,older-secret-0123456789abcdef",
                ALLSPARK_ACCEPT_V1_KEYS: "true",
                // wrangler reads a developer's .dev.vars here too, which turns it on.
                ALLSPARK_DEV_KEYS: "false",
              },
            },
          }),
        ],
        resolve: {
          // As the package's exports say: Vite does not find a package by its own name.
          alias: [
            { find: "allspark/client/storage", replacement: built("storage.js") },
            { find: "allspark/client", replacement: built("client.js") },
          ],
        },
        test: {
          name: "workers",
          include: ["test/workers/**/*.test.ts"],
          globalSetup: ["test/support/build-package-first.ts"],
          // Sockets into objects are only sound one file at a time.
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "e2e",
          environment: "node",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/support/build-package-first.ts",
          // Each file starts servers of its own, and some measure or load them.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
