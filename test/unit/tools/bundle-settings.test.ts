/** What of wrangler.toml reaches a server that is started by `npm run serve`. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readSettings } from "../../../tools/serve/bundle.ts";

/** The settings of a checkout with these lines below [vars]. */
async function settingsOf(...vars: string[]) {
  const root = await mkdtemp(join(tmpdir(), "allspark-bundle-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const lines = ['name = "w"', 'main = "worker.js"', 'compatibility_date = "2026-10-01"', "[vars]", ...vars];
  await writeFile(join(root, "wrangler.toml"), lines.join("\n"));
  await writeFile(join(root, "worker.js"), "export default {};");
  return readSettings(root, root);
}

test("the queues of wrangler.toml arrive, with Cloudflare's defaults filled in", async () => {
  const { queues } = await settingsOf(
    "[[queues.producers]]",
    'binding = "JOBS"',
    'queue = "jobs"',
    "[[queues.consumers]]",
    'queue = "jobs"',
    "max_batch_size = 25",
    'dead_letter_queue = "jobs-dead"',
  );
  expect(queues).toEqual({
    producers: [{ binding: "JOBS", queue: "jobs", deliveryDelaySeconds: 0 }],
    consumers: [
      {
        queue: "jobs",
        maxBatchSize: 25,
        maxBatchTimeoutSeconds: 5,
        maxRetries: 3,
        retryDelaySeconds: 0,
        maxConcurrency: 4,
        deadLetterQueue: "jobs-dead",
      },
    ],
  });
  expect((await settingsOf()).queues).toEqual({ producers: [], consumers: [] });
});

test("strings, numbers and booleans of [vars] arrive, as text", async () => {
  const { vars } = await settingsOf(
    'ALLSPARK_CLUSTER_ID = "eu-1"',
    "ALLSPARK_MESSAGES_PER_SECOND = 500",
    "ALLSPARK_REQUIRE_REGISTERED = true",
    "ALLSPARK_DEV_KEYS = false",
  );
  expect(vars).toEqual({
    ALLSPARK_CLUSTER_ID: "eu-1",
    ALLSPARK_MESSAGES_PER_SECOND: "500",
    ALLSPARK_REQUIRE_REGISTERED: "true",
    ALLSPARK_DEV_KEYS: "false",
  });
});

test.each(['["a", "b"]', '{ a = "b" }'])("anything else is refused by name: %s", async (value) => {
  await expect(settingsOf(`ALLSPARK_SECRETS = ${value}`)).rejects.toThrow("ALLSPARK_SECRETS");
});
