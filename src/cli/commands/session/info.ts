/** `allspark session info` */
import type { Command } from "commander";
import type { SessionInfo } from "../../../client/index.ts";
import { speakerOrOperator } from "../../config/speaker.ts";
import type { Run } from "../../define.ts";
import { printable } from "../../output/printable.ts";
import { snakeCase } from "../../output/snake-case.ts";
import { caller, sessionCommand } from "./session-command.ts";

export function info(parent: Command, run: Run): void {
  sessionCommand(parent, "info", {
    summary: "what a session is, and who is in it",
    more: "For members and app nodes; with secrets and without --as it is asked as an app node.",
    examples: [["allspark session info $S --as alice", ""]],
  }).action((sessionId: string, _: object, command: Command) =>
    run(command, async (context) => {
      const found = await caller(context, speakerOrOperator(context.config)).sessions.info(sessionId);
      await context.output.result(described(found), snakeCase(found));
    }),
  );
}

function described(found: SessionInfo): string {
  const { history, masterId, onlineCount } = found;
  const rows: [string, string | undefined][] = [
    ["session", found.sessionId],
    [
      "kind",
      `${found.isGame ? "game" : "normal"}, ${found.anyoneCanJoin ? "anyone can join" : "the owner says who joins"}`,
    ],
    ["owner", found.ownerId ?? undefined],
    ["master", masterId === null ? undefined : `${masterId} (fencing number ${found.fencingNumber})`],
    ["members", `${found.memberCount}${onlineCount === null ? "" : `, ${onlineCount} online`}: ${names(found)}`],
    ["history", history === null ? undefined : kept(history)],
    ["messages", `up to session_seq ${found.lastSessionSeq}`],
    ["made", new Date(found.createdAt).toISOString()],
  ];
  return rows
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(9)} ${printable(value)}`]))
    .join("\n");
}

const SHOWN = 20;

function names({ members }: SessionInfo): string {
  const shown = members.slice(0, SHOWN).map(({ name }) => name);
  return shown.join(", ") + (members.length > SHOWN ? ", … (`session members` lists all)" : "");
}

/** Either bound may be none. */
function kept({ messages, minutes }: { messages: number; minutes: number }): string {
  return [messages > 0 && `${messages} messages`, minutes > 0 && `${minutes} minutes`].filter(Boolean).join(" and ");
}
