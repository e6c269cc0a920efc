/** `allspark session …` */
import type { Command } from "commander";
import { define, type Run } from "../../define.ts";
import { close } from "./close.ts";
import { create } from "./create.ts";
import { history } from "./history.ts";
import { info } from "./info.ts";
import { join } from "./join.ts";
import { leave } from "./leave.ts";
import { members } from "./members.ts";
import { reveal } from "./reveal.ts";
import { watch } from "./watch.ts";

export function session(parent: Command, run: Run): void {
  const group = define(parent, "session", { summary: "make sessions, come and go, look and follow", examples: [] });
  for (const add of [create, join, leave, info, members, watch, history, reveal, close]) add(group, run);
}
