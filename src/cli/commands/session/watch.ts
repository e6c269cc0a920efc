/** `allspark session watch`: who comes and goes, and what is said. What comes from elsewhere is shown too: taken is taken. */
import type { Command } from "commander";
import type { SessionInfo } from "../../../client/index.ts";
import { speaker } from "../../config/speaker.ts";
import type { Context } from "../../context.ts";
import type { Run } from "../../define.ts";
import { connect, followConnection, nodeClient } from "../../node-client.ts";
import { gapLine, type Line, messageLine, sessionEventLine } from "../../output/message-line.ts";
import { printable } from "../../output/printable.ts";
import { snakeCase } from "../../output/snake-case.ts";
import { sessionCommand } from "./session-command.ts";

export function watch(parent: Command, run: Run): void {
  sessionCommand(parent, "watch", {
    summary: "follow a session: who comes and goes, and what is said",
    more:
      "For members. Begins with who is there, ends with Ctrl-C or when the session does. It takes what it shows, as `listen` does, " +
      "messages from outside the session too.",
    examples: [["allspark session watch $S --as alice", ""]],
  }).action((sessionId: string, _: object, command: Command) => run(command, (context) => follow(context, sessionId)));
}

async function follow(context: Context, sessionId: string): Promise<void> {
  const { output } = context;
  const opened = nodeClient(context, speaker(context.config), { acks: true });
  const { client } = opened;
  const print = ({ human, json }: Line) => output.result(human, json);
  await print(infoLine(await client.sessions.info(sessionId)));
  const ended = followConnection(context, opened);
  const over = new Promise<void>((resolve) => {
    client.on("session", (event) => {
      const printed = print(sessionEventLine(event));
      if (event.kind === "removed" && event.session === sessionId) void printed.then(resolve);
    });
  });
  client.on("gap", (gap) => void print(gapLine(gap)));
  client.on("message", (message) => print(messageLine(message)));
  await connect(opened);
  const outcome = await Promise.race([over, ended]);
  if (outcome instanceof Error) throw outcome;
}

function infoLine(info: SessionInfo): Line {
  const there = info.members.map(({ name, online }) => (online === true ? `${name} (online)` : name)).join(", ");
  return {
    human: printable(
      `[${info.sessionId}] ${info.memberCount} ${info.memberCount === 1 ? "member" : "members"}: ${there}`,
    ),
    json: { kind: "info", ...(snakeCase(info) as object) },
  };
}
