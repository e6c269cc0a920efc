/** `allspark push list` */
import type { Command } from "commander";
import { define, type Run } from "../../define.ts";
import { printable } from "../../output/printable.ts";
import { pushCall } from "./push-call.ts";

export function list(parent: Command, run: Run): void {
  define(parent, "list", {
    summary: "the speaker's push targets, one a line, without their secrets",
    examples: [["allspark push list --as bob", ""]],
  }).action((_: object, command: Command) =>
    run(command, async (context) => {
      const { targets } = await pushCall<{ targets: Record<string, unknown>[] }>(context, {});
      for (const target of targets) {
        const { kind, ...rest } = target;
        await context.output.result(printable(`${String(kind)}  ${JSON.stringify(rest)}`), target);
      }
      if (targets.length === 0) context.output.note("(none)");
    }),
  );
}
