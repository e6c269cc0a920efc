/** Reads the scripts of the stand-in for queues, for whoever makes a configuration with them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { QUEUE_SCRIPTS, type QueuesDescription } from "./queue-config.ts";

/** Their text by their name. */
export function queueScripts(): QueuesDescription["scripts"] {
  const entries = QUEUE_SCRIPTS.map((name) => [name, readFileSync(join(import.meta.dirname, name), "utf8")]);
  return Object.fromEntries(entries) as QueuesDescription["scripts"];
}
