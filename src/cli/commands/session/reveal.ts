/** `allspark session reveal` */
import type { Command } from "commander";
import { speaker } from "../../config/speaker.ts";
import type { Run } from "../../define.ts";
import { printable } from "../../output/printable.ts";
import { snakeCase } from "../../output/snake-case.ts";
import { caller, sessionCommand } from "./session-command.ts";

export function reveal(parent: Command, run: Run): void {
  sessionCommand(parent, "reveal", {
    summary: "tell all members who the speaker, an anonymous one, is; for good",
    examples: [["allspark session reveal $S --as bob", ""]],
  }).action((sessionId: string, _: object, command: Command) =>
    run(command, async (context) => {
      const membership = await caller(context, speaker(context.config)).sessions.reveal(sessionId);
      await context.output.result(
        printable(`all members know now that this is ${membership.nodeId}`),
        snakeCase(membership),
      );
    }),
  );
}
