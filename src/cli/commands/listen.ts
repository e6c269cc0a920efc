/** `allspark listen`: prints what comes. A message is acked when it is printed, and not before. */
import type { Command } from "commander";
import { speaker } from "../config/speaker.ts";
import type { Context } from "../context.ts";
import { define, type Run } from "../define.ts";
import { CliError, EXIT } from "../failures.ts";
import { connect, followConnection, nodeClient } from "../node-client.ts";
import { seconds, whole } from "../option-values.ts";
import { gapLine, type Line, messageLine, sessionEventLine } from "../output/message-line.ts";

interface Options {
  count?: number;
  timeout?: number;
  ack: boolean;
}

export function listen(parent: Command, run: Run): void {
  define(parent, "listen", {
    summary: "print what comes, until Ctrl-C",
    more:
      "Begins with what waits in the inbox. A message is acked when it is printed. With --no-ack everything stays in the inbox, " +
      "and at most 256 messages come: the edge sends no more before it sees an ack. `allspark inbox` shows all.",
    examples: [
      ["allspark listen --as bob", "until Ctrl-C"],
      ["allspark listen --as bob --count 1 --json | jq .payload", "the next message's payload"],
      ["allspark listen --as bob --timeout 5 --no-ack", "what comes within five seconds, and leave it there"],
    ],
  })
    .option("--count <n>", "end after so many messages", whole(1))
    .option("--timeout <seconds>", "end after so long; with --count, exit code 3 where too few have come", seconds)
    .option("--no-ack", "only look: the messages stay in the inbox")
    .action((options: Options, command: Command) => run(command, (context) => listenTo(context, options)));
}

async function listenTo(context: Context, { count = Infinity, timeout, ack }: Options): Promise<void> {
  const { output } = context;
  const print = ({ human, json }: Line) => output.result(human, json);
  const opened = nodeClient(context, speaker(context.config), { acks: ack });
  const { client } = opened;
  const ended = followConnection(context, opened, (nodeId) => `listening as ${nodeId}; Ctrl-C ends it`);
  let printed = 0;
  const enough = new Promise<void>((resolve) => {
    client.on("message", async (message) => {
      // What is not printed is not acked: the handler of one too many does not end.
      if (printed === count) return new Promise<void>(() => {});
      printed += 1;
      await print(messageLine(message));
      // After the library has counted it as taken.
      if (printed === count) setImmediate(resolve);
    });
  });
  client.on("gap", (gap) => void print(gapLine(gap)));
  client.on("session", (event) => void print(sessionEventLine(event)));
  await connect(opened);
  const outcome = await Promise.race([enough, ended, ...(timeout === undefined ? [] : [after(context, timeout)])]);
  if (outcome instanceof Error) throw outcome;
  if (outcome === "timeout" && count !== Infinity) {
    throw new CliError("TIMEOUT", `${printed} of ${count} messages came in time`, EXIT.temporary);
  }
}

function after(context: Context, ms: number): Promise<"timeout"> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve("timeout"), ms);
    context.defer(() => clearTimeout(timer));
  });
}
