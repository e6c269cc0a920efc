/** `allspark push test` */
import type { Command } from "commander";
import { define, type Run } from "../../define.ts";
import { printable } from "../../output/printable.ts";
import { EXIT } from "../../failures.ts";
import { pushCall } from "./push-call.ts";

interface Result {
  id: string;
  kind: string;
  result: "sent" | "dead" | "failed" | "later";
  why?: string;
}

function described({ id, kind, result, why = "" }: Result): string {
  return printable(`${kind.padEnd(8)}  ${id.padEnd(10)}  ${result.padEnd(6)}  ${why}`.trimEnd());
}

export function test(parent: Command, run: Run): void {
  define(parent, "test", {
    summary: "push to the speaker's targets now, and say how each took it",
    more: "The exit code is 1 where none has taken it. A target that is `dead` is removed.",
    examples: [["allspark push test --as bob", ""]],
  }).action((_: object, command: Command) =>
    run(command, async (context) => {
      const { results } = await pushCall<{ results: Result[] }>(context, { method: "POST", rest: "/test", body: {} });
      for (const result of results) await context.output.result(described(result), result);
      if (results.length === 0) context.output.note("(none)");
      return results.some(({ result }) => result === "sent") ? EXIT.ok : EXIT.refused;
    }),
  );
}
