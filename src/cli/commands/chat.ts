/** `allspark chat`: two-way in a terminal. Everything that comes is shown, from whomever: what is taken must be seen. */
import { createInterface } from "node:readline";
import type { Command } from "commander";
import type { IncomingMessage, OutgoingMessage } from "../../client/index.ts";
import { speaker } from "../config/speaker.ts";
import type { Context } from "../context.ts";
import { define, type Run } from "../define.ts";
import { EXIT, failureOf, UsageError } from "../failures.ts";
import { connect, followConnection, nodeClient } from "../node-client.ts";
import { id } from "../option-values.ts";
import { gapLine, type Line, messageLine, sessionEventLine } from "../output/message-line.ts";
import { printable } from "../output/printable.ts";

export function chat(parent: Command, run: Run): void {
  define(parent, "chat", {
    summary: "talk with a node or a session, both ways",
    more: "Each line that you type is a message. /quit, Ctrl-D or Ctrl-C end it. What others send meanwhile is shown too.",
    examples: [
      ["allspark chat bob --as alice", ""],
      ["allspark chat --session lobby --as alice", "join it first: allspark session join lobby --as alice"],
    ],
  })
    .argument("[peer]", "the node to talk with; with --session, one member alone", id)
    .option("--session <session>", "the session to talk in", id)
    .action((peer: string | undefined, { session }: { session?: string }, command: Command) =>
      run(command, (context) => talk(context, { to: peer, toSession: session })),
    );
}

type Destination = Pick<OutgoingMessage, "to" | "toSession">;

async function talk(context: Context, destination: Destination): Promise<number> {
  const { output, stdin } = context;
  const { to, toSession } = destination;
  if (to === undefined && toSession === undefined)
    throw new UsageError("with whom? allspark chat bob, or --session ID");
  const opened = nodeClient(context, speaker(context.config), { acks: true });
  const { client } = opened;
  const isTerminal = stdin.isTTY === true && output.stderr.isTTY === true;
  const input = createInterface({
    input: stdin,
    output: isTerminal ? (output.stderr as NodeJS.WriteStream) : undefined,
    prompt: isTerminal ? "> " : "",
    crlfDelay: Infinity,
  });
  // Taken now: lines that are typed while it connects would be lost on an interface that nobody reads yet.
  const typed = input[Symbol.asyncIterator]();
  context.defer(() => input.close());
  input.on("SIGINT", () => {
    // The shell's prompt begins on a line of its own.
    output.stderr.write("\n");
    context.stop(EXIT.interrupted);
  });
  const print = async ({ human, json }: Line) => {
    // The line that is being typed goes, and comes again below what came.
    if (isTerminal) output.stderr.write("\r\u001b[K");
    await output.result(human, json);
    if (isTerminal) input.prompt(true);
  };
  client.on("message", (message) =>
    print(isOfThisChat(message, destination) ? chatLine(message) : messageLine(message)),
  );
  client.on("gap", (gap) => void print(gapLine(gap)));
  client.on("session", (event) => void print(sessionEventLine(event)));
  const peer = to ?? `session ${toSession}`;
  const ended = followConnection(context, opened, (nodeId) => `${nodeId} talks with ${peer}; /quit ends it`);
  await connect(opened);
  if (isTerminal) input.prompt();

  const say = async (payload: string) => {
    try {
      const { id: messageId, status } = await client.send({ ...destination, payload });
      const human = `(stored: ${toSession === undefined ? `${to} is away` : "somebody is away"}, it comes later)`;
      if (output.isJson) await output.result("", { kind: "receipt", id: messageId, status });
      else if (status === "stored") await print({ human: printable(human), json: {} });
    } catch (error) {
      output.failure(failureOf(error));
    }
  };
  const spoken = (async () => {
    const said: Promise<void>[] = [];
    for await (const line of typed) {
      if (line.trim() === "/quit") break;
      if (line.trim() !== "") said.push(say(line));
      if (isTerminal) input.prompt();
    }
    await Promise.all(said);
  })();
  const outcome = await Promise.race([spoken, ended]);
  if (outcome instanceof Error) throw outcome;
  return EXIT.ok;
}

function isOfThisChat({ from, session }: IncomingMessage, { to, toSession }: Destination): boolean {
  return session === toSession && (to === undefined || from === to);
}

/** Within a chat it is clear where a message belongs. */
function chatLine(message: IncomingMessage): Line {
  return { ...messageLine(message), human: messageLine({ ...message, session: undefined }).human };
}
