/** `allspark session members` */
import type { Command } from "commander";
import type { SessionMember } from "../../../client/index.ts";
import { speakerOrOperator } from "../../config/speaker.ts";
import type { Run } from "../../define.ts";
import { printable } from "../../output/printable.ts";
import { snakeCase } from "../../output/snake-case.ts";
import { caller, sessionCommand } from "./session-command.ts";

export function members(parent: Command, run: Run): void {
  sessionCommand(parent, "members", {
    summary: "list the members, one a line",
    examples: [["allspark session members $S --as alice --json | jq -r .name", ""]],
  }).action((sessionId: string, _: object, command: Command) =>
    run(command, async (context) => {
      const { members: found } = await caller(context, speakerOrOperator(context.config)).sessions.info(sessionId);
      for (const member of found) await context.output.result(printable(described(member)), snakeCase(member));
    }),
  );
}

function described({ name, online, joinedAt }: SessionMember): string {
  const presence = online === undefined ? "" : online ? "  online" : "  away";
  return `${name}  since ${new Date(joinedAt).toISOString()}${presence}`;
}
