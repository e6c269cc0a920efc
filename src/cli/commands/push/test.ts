/** `allspark push test` */
import type { Command } from "commander";
import { define, type Run } from "../../define.ts";
import { printable } from "../../output/printable.ts";
import { pushCall } from "./push-call.ts";

export function test(parent: Command, run: Run): void {
  define(parent, "test", {
    summary: "push to the speaker's targets now, and say how each took it",
    examples: [["allspark push test --as bob", ""]],
  }).action((_: object, command: Command) =>
    run(command, async (context) => {
      const outcome = await pushCall<Record<string, unknown>>(context, { method: "POST", rest: "/test", body: {} });
      await context.output.result(printable(JSON.stringify(outcome)), outcome);
    }),
  );
}
