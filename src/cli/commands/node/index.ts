/** `allspark node …` */
import type { Command } from "commander";
import { define, type Run } from "../../define.ts";
import { info } from "./info.ts";
import { revoke } from "./revoke.ts";

export function node(parent: Command, run: Run): void {
  const group = define(parent, "node", { summary: "look at a node, or revoke its keys", examples: [] });
  info(group, run);
  revoke(group, run);
}
