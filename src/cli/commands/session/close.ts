/** `allspark session close` */
import type { Command } from "commander";
import { speakerOrOperator } from "../../config/speaker.ts";
import type { Run } from "../../define.ts";
import { caller, sessionCommand } from "./session-command.ts";

export function close(parent: Command, run: Run): void {
  sessionCommand(parent, "close", {
    summary: "end a session: members are told, everything in it is deleted",
    more: "For the owner and app nodes; with secrets and without --as it is done as an app node.",
    examples: [["allspark session close $S --as alice", ""]],
  }).action((sessionId: string, _: object, command: Command) =>
    run(command, async (context) => {
      const members = await caller(context, speakerOrOperator(context.config)).sessions.close(sessionId);
      await context.output.result(`closed; it had ${members} ${members === 1 ? "member" : "members"}`, { members });
    }),
  );
}
