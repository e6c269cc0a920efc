/** `allspark push …` */
import type { Command } from "commander";
import { define, type Run } from "../../define.ts";
import { add } from "./add.ts";
import { list } from "./list.ts";
import { remove } from "./remove.ts";
import { test } from "./test.ts";

export function push(parent: Command, run: Run): void {
  const group = define(parent, "push", { summary: "where a node is woken while it is away", examples: [] });
  for (const command of [add, list, remove, test]) command(group, run);
}
