/** `allspark push list` */
import type { Command } from "commander";
import { define, type Run } from "../../define.ts";
import { printable } from "../../output/printable.ts";
import { pushCall } from "./push-call.ts";

interface Target {
  id: string;
  kind: string;
  added_at: number;
  [field: string]: string | number;
}

/** By the id it can be removed; what else there is says which it is. */
function described({ id, kind, added_at: addedAt, ...rest }: Target): string {
  const what = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
  return printable([kind.padEnd(8), id.padEnd(9), new Date(addedAt).toISOString(), ...what].join("  "));
}

export function list(parent: Command, run: Run): void {
  define(parent, "list", {
    summary: "the speaker's push targets, one a line, without their secrets",
    examples: [["allspark push list --as bob", ""]],
  }).action((_: object, command: Command) =>
    run(command, async (context) => {
      const { targets } = await pushCall<{ targets: Target[] }>(context, {});
      for (const target of targets) await context.output.result(described(target), target);
      if (targets.length === 0) context.output.note("(none)");
    }),
  );
}
