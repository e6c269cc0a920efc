/** `allspark session leave` */
import type { Command } from "commander";
import { speaker } from "../../config/speaker.ts";
import type { Run } from "../../define.ts";
import { id } from "../../option-values.ts";
import { caller, sessionCommand } from "./session-command.ts";

export function leave(parent: Command, run: Run): void {
  sessionCommand(parent, "leave", {
    summary: "be a member no longer, or take another out",
    examples: [
      ["allspark session leave $S --as bob", ""],
      ["allspark session leave $S --as alice --member bob", "alice, the owner, takes bob out"],
    ],
  })
    .option("--member <name>", "take this member out: by the owner or an app node", id)
    .action((sessionId: string, { member }: { member?: string }, command: Command) =>
      run(command, async (context) => {
        const { sessions } = caller(context, speaker(context.config));
        const removed = await (member === undefined ? sessions.leave(sessionId) : sessions.remove(sessionId, member));
        await context.output.result(removed ? "out" : "was no member", { removed });
      }),
    );
}
