#!/usr/bin/env node
/** The `allspark` command. It ends the process itself: nothing that is still open may hold it up. */
import { runCli } from "./run.ts";

if (globalThis.WebSocket === undefined) {
  process.stderr.write(`allspark: needs Node 22 or newer, and this is ${process.version}\n`);
  process.exit(2);
}
process.exit(await runCli(process.argv.slice(2), process));
