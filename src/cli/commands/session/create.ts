/** `allspark session create` */
import type { Command } from "commander";
import type { CreateSessionOptions } from "../../../client/index.ts";
import { speaker } from "../../config/speaker.ts";
import { define, type Run } from "../../define.ts";
import { UsageError } from "../../failures.ts";
import { id, whole } from "../../option-values.ts";
import { snakeCase } from "../../output/snake-case.ts";
import { caller } from "./session-command.ts";

interface Options {
  anyoneCanJoin?: true;
  anonymous?: true;
  presence?: true;
  game?: true;
  master?: string;
  historyMessages?: number;
  historyMinutes?: number;
  notifyLast?: number;
  id?: string;
}

export function create(parent: Command, run: Run): void {
  define(parent, "create", {
    summary: "make a session, the speaker its owner, and print its id",
    examples: [
      ["allspark session create --as alice --anyone-can-join", "anyone may join"],
      ["allspark session create --as alice --presence --history-messages 50", "who is online, and a past"],
      ["allspark session create --as alice --game", "alice is the master"],
      ["allspark session create --as backend --id lobby", "with an id of one's own: by an app node"],
    ],
  })
    .option("--anyone-can-join", "any node may make itself a member")
    .option("--anonymous", "the speaker is an anonymous member")
    .option("--presence", "members are told who is online")
    .option("--game", "one member is the master, who speaks to all; the others speak to the master")
    .option("--master <node>", "games: this node stays master, also while it is away", id)
    .option("--history-messages <n>", "keep so many messages for those who join later", whole(0, 10_000))
    .option("--history-minutes <n>", "keep them so long", whole(0, 43_200))
    .option("--notify-last <n>", "only so many of those who joined last are told who comes and goes", whole(2))
    .option("--id <session>", "its id; for app nodes, and with secrets the speaker is made one", id)
    .action((options: Options, command: Command) =>
      run(command, async (context) => {
        if (options.master !== undefined && options.game !== true)
          throw new UsageError("--master is for games: add --game");
        const who = speaker(context.config, { app: options.id !== undefined });
        const info = await caller(context, who).sessions.create(creation(options));
        await context.output.result(info.sessionId, snakeCase(info));
      }),
    );
}

function creation(options: Options): CreateSessionOptions {
  const { master: pinnedMaster, notifyLast: notifyOnlyLastFewUsers, id: sessionId, ...same } = options;
  return { ...same, pinnedMaster, notifyOnlyLastFewUsers, sessionId };
}
