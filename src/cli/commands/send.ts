/** `allspark send`: sends messages and says what became of each. */
import type { Command } from "commander";
import type { Allspark, OutgoingMessage } from "../../client/index.ts";
import { speaker } from "../config/speaker.ts";
import type { Context } from "../context.ts";
import { define, type Run } from "../define.ts";
import { CliError, EXIT, exitCodeOf, failureOf } from "../failures.ts";
import { connect, nodeClient } from "../node-client.ts";
import { id, messageType, seconds } from "../option-values.ts";
import { printable } from "../output/printable.ts";
import { outgoing, type SendOptions } from "../send/outgoing.ts";

/** Messages whose receipts are still to come; past it, reading goes on when one has come. */
const MAX_OPEN = 1_000;
const DEFAULT_TIMEOUT_MS = 30_000;

interface Options extends SendOptions {
  timeout: number;
}

export function send(parent: Command, run: Run): void {
  define(parent, "send", {
    summary: "send messages, and say what became of them",
    more:
      "TEXT comes last, after the nodes that it goes to; - in its place sends each line of standard input as a message.\n" +
      "A receipt says `delivered` when the recipient has acked it, or `stored` when it is safe in its inbox.",
    examples: [
      ['allspark send --as alice bob "hello"', ""],
      [`allspark send --as alice bob carol --json-payload '{"score": 3}'`, "JSON, to two nodes"],
      ["tail -f app.log | allspark send --as alice bob -", "each line a message"],
      ["allspark send --as alice bob --file notes.txt", "a file as one message"],
      ['allspark send --as alice --session lobby "hi all"', "to a session; with a node, to that member alone"],
      ['allspark send --as alice --to-client 42 "hi"', "to every node of a client"],
      ['allspark send --as alice bob "3:2" --collapse-key score --ttl 60', "a newer one replaces it, for a minute"],
    ],
  })
    .usage("[options] [node...] <text | ->")
    .argument("[nodes-and-text...]", "the nodes that it goes to, then the text")
    .option("--to-client <client>", "every node of this client", id)
    .option("--session <session>", "the members of this session, or the one member that is named", id)
    .option("--json-payload", "the text, file or line is JSON, and not text")
    .option("--file <file>", "what the file holds is the text")
    .option("--type <type>", "the app's own number of this kind of message", messageType)
    .option("--ttl <seconds>", "do not deliver it after so long", seconds)
    .option("--volatile", "never store it: it comes now or not at all, and there is no receipt")
    .option("--collapse-key <key>", "while it is not delivered, a newer message with this key takes its place", id)
    .option("--push-title <text>", "what a push shows, where the recipient is away")
    .option("--push-body <text>", "the same")
    .option("--push-silent", "a push wakes the app and shows nothing")
    .option("--no-push", "no push for it")
    .option("--timeout <seconds>", "how long to wait for a receipt (default: 30)", seconds)
    .action((args: string[], options: Options, command: Command) =>
      run(command, (context) => sendAll(context, args, options)),
    );
}

async function sendAll(context: Context, args: string[], options: Options): Promise<number> {
  const messages = await outgoing(args, options, context.stdin);
  const waitMs = options.timeout ?? DEFAULT_TIMEOUT_MS;
  // An ack would take away from the node's listeners what comes meanwhile.
  const opened = nodeClient(context, speaker(context.config), { acks: false });
  await connect(opened);
  let exitCode: number = EXIT.ok;
  let last = Promise.resolve();
  const open: Promise<void>[] = [];
  try {
    for await (const message of messages) {
      const outcome = settled(opened.client, message, waitMs);
      last = last.then(async () => {
        const code = await report(context, message, await outcome);
        if (exitCode === EXIT.ok) exitCode = code;
      });
      open.push(last);
      if (open.length >= MAX_OPEN) await open.shift();
    }
  } finally {
    // Also where a line of input is no JSON: what went out before it has its receipt.
    await last;
  }
  return exitCode;
}

type Outcome = { id: string | undefined; status: string } | { error: unknown };

async function settled(client: Allspark, message: OutgoingMessage, waitMs: number): Promise<Outcome> {
  try {
    return await client.send(message, { signal: AbortSignal.timeout(waitMs) });
  } catch (error) {
    if ((error as Error).name !== "TimeoutError") return { error };
    const why = `no receipt within ${waitMs / 1_000} s: the message may have arrived, or not`;
    return { error: new CliError("TIMEOUT", why, EXIT.temporary) };
  }
}

/** Answers the exit code that this outcome alone would have. */
async function report({ output }: Context, message: OutgoingMessage, outcome: Outcome): Promise<number> {
  if ("error" in outcome) {
    output.failure(failureOf(outcome.error));
    return exitCodeOf(outcome.error);
  }
  const { id: messageId, status } = outcome;
  const { to, toClient, toSession } = message;
  const where = [
    to,
    toClient === undefined ? undefined : `client ${toClient}`,
    toSession === undefined ? undefined : `session ${toSession}`,
  ];
  const human = `${status.padEnd(9)} ${where.filter((part) => part !== undefined).join(" in ")}${messageId === undefined ? "" : `  ${messageId}`}`;
  await output.result(printable(human), { to, client_id: toClient, session_id: toSession, id: messageId, status });
  return status === "dropped" ? EXIT.temporary : EXIT.ok;
}
