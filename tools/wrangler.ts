/** Where the installed wrangler is and how it is run: without telemetry, banner or anything else that needs a network. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** A script for Node. */
export const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin/wrangler.js",
);

export const WRANGLER_ENV = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  /** The banner waits for the registry to say whether there is a newer wrangler; package.json pins ours. */
  WRANGLER_HIDE_BANNER: "true",
};
