/** `allspark session join` */
import type { Command } from "commander";
import { speaker } from "../../config/speaker.ts";
import type { Run } from "../../define.ts";
import { UsageError } from "../../failures.ts";
import { id } from "../../option-values.ts";
import { printable } from "../../output/printable.ts";
import { snakeCase } from "../../output/snake-case.ts";
import { caller, sessionCommand } from "./session-command.ts";

interface Options {
  anonymous?: true;
  anonymousId?: string;
  node?: string;
}

export function join(parent: Command, run: Run): void {
  sessionCommand(parent, "join", {
    summary: "become a member, or make another node one",
    examples: [
      ["allspark session join $S --as bob", ""],
      ["allspark session join $S --as bob --anonymous", "under a name that the edge makes"],
      ["allspark session join $S --as alice --node carol", "alice, the owner, adds carol"],
    ],
  })
    .option("--anonymous", "under a name that the edge makes")
    .option("--anonymous-id <name>", "under this name", id)
    .option("--node <node>", "make this node a member: by the owner or an app node", id)
    .action((sessionId: string, { anonymous, anonymousId, node }: Options, command: Command) =>
      run(command, async (context) => {
        if (anonymous && anonymousId !== undefined) throw new UsageError("--anonymous or --anonymous-id, not both");
        const options = { anonymous: anonymous ?? anonymousId !== undefined, anonymousId };
        const { sessions } = caller(context, speaker(context.config));
        const membership = await (node === undefined
          ? sessions.join(sessionId, options)
          : sessions.add(sessionId, node, options));
        const name = membership.anonymousId ?? (options.anonymous ? "a name that only it is told" : membership.nodeId);
        const human = `${membership.nodeId} is a member${name === membership.nodeId ? "" : `, known as ${name}`}`;
        await context.output.result(printable(human), snakeCase(membership));
      }),
    );
}
