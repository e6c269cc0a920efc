/** `allspark doctor`: checks a deployment and says what to mend. */
import type { Command } from "commander";
import { define, type Run } from "../define.ts";
import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/check.ts";
import { EXIT } from "../failures.ts";
import { printable } from "../output/printable.ts";

export function doctor(parent: Command, run: Run): void {
  define(parent, "doctor", {
    summary: "check a deployment, and say what to mend",
    more:
      "Speaks as the node allspark-doctor, or as whom --as or the auth key names, and takes nothing out of its inbox.\n" +
      "Exit code 1 where anything is wrong.",
    examples: [
      ["allspark doctor", "the local edge"],
      ["allspark doctor --url https://allspark.example.com", ""],
    ],
  }).action((_: object, command: Command) =>
    run(command, async (context) => {
      const { output, config } = context;
      const checks: Finding[] = [];
      for await (const finding of examine(context)) {
        checks.push(finding);
        if (!output.isJson) await output.text(`${described(finding)}\n`);
      }
      const ok = checks.every((finding) => finding.ok === true);
      if (output.isJson) await output.result("", { ok, url: config.url, checks });
      else await output.text(ok ? "all is well\n" : "mend what has a ✗\n");
      return ok ? EXIT.ok : EXIT.refused;
    }),
  );
}

const MARKS = new Map([
  [true, "✓"],
  [false, "✗"],
  [null, "–"],
]);

function described({ name, ok, detail, mend }: Finding): string {
  const line = printable(`${MARKS.get(ok)} ${name.padEnd(15)} ${detail}`);
  return mend === undefined ? line : `${line}\n  ${"".padEnd(15)} → ${printable(mend)}`;
}
