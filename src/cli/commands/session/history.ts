/** `allspark session history` */
import type { Command } from "commander";
import { speakerOrOperator } from "../../config/speaker.ts";
import type { Run } from "../../define.ts";
import { whole } from "../../option-values.ts";
import { historyLine } from "../../output/message-line.ts";
import { caller, sessionCommand } from "./session-command.ts";

interface Options {
  limit?: number;
  newest?: true;
}

const DEFAULT_LIMIT = 100;

export function history(parent: Command, run: Run): void {
  sessionCommand(parent, "history", {
    summary: "what was said, in sessions made with a history",
    examples: [["allspark session history $S --as alice --newest --limit 10", ""]],
  })
    .option("--limit <n>", "at most so many (default: 100)", whole(1))
    .option("--newest", "newest first")
    .action((sessionId: string, { limit = DEFAULT_LIMIT, newest }: Options, command: Command) =>
      run(command, async (context) => {
        const { sessions } = caller(context, speakerOrOperator(context.config));
        for await (const message of sessions.history(sessionId, { limit, order: newest ? "desc" : "asc" })) {
          const { human, json } = historyLine({ ...message, session: undefined });
          await context.output.result(`${String(message.sessionSeq ?? "").padStart(6)}  ${human}`, json);
        }
      }),
    );
}
