/** `allspark inbox`: what waits for a node, read without taking it; or takes it out. */
import { type Command, Option } from "commander";
import { speaker } from "../config/speaker.ts";
import type { Context } from "../context.ts";
import { define, type Run } from "../define.ts";
import { UsageError } from "../failures.ts";
import { nodeClient, nodeIdOf } from "../node-client.ts";
import { whole } from "../option-values.ts";
import { messageLine } from "../output/message-line.ts";

interface Options {
  ack?: number;
  from?: number;
  to?: number;
  limit?: number;
  newest?: true;
}

const DEFAULT_LIMIT = 100;

export function inbox(parent: Command, run: Run): void {
  define(parent, "inbox", {
    summary: "show what waits for a node that is away, or take it out",
    more: "Showing takes nothing out. `allspark listen` takes what it shows.",
    examples: [
      ["allspark inbox --as bob", "the oldest hundred"],
      ["allspark inbox --as bob --newest --limit 1", "the last one that came"],
      ["allspark inbox --as bob --ack 17", "take out everything up to seq 17"],
    ],
  })
    .option("--from <seq>", "from this seq on", whole(0))
    .option("--to <seq>", "up to this seq", whole(0))
    .option("--limit <n>", "at most so many (default: 100)", whole(1))
    .option("--newest", "newest first")
    .addOption(
      new Option("--ack <seq>", "take out everything up to this seq, and show nothing")
        .argParser(whole(0))
        .conflicts(["from", "to", "limit", "newest"]),
    )
    .action((options: Options, command: Command) =>
      run(command, async (context) => {
        const who = speaker(context.config);
        const node = await nodeIdOf(context, who);
        const { client } = nodeClient(context, who, { acks: false });
        if (options.ack === undefined) return show(context, client.inbox.read(range(options, node)), options.limit);
        const removed = await client.inbox.ack(options.ack, node);
        await context.output.result(`${removed} ${removed === 1 ? "message is" : "messages are"} out of the inbox`, {
          removed,
        });
      }),
    );
}

function range({ from: fromSeq, to: toSeq, limit = DEFAULT_LIMIT, newest }: Options, node: string) {
  if (fromSeq !== undefined && toSeq !== undefined && fromSeq > toSeq) {
    throw new UsageError(`--from ${fromSeq} --to ${toSeq}: from must not be above to`);
  }
  return { node, fromSeq, toSeq, limit, order: newest === true ? ("desc" as const) : ("asc" as const) };
}

async function show(
  { output }: Context,
  messages: AsyncIterable<Parameters<typeof messageLine>[0]>,
  limit = DEFAULT_LIMIT,
): Promise<void> {
  let shown = 0;
  for await (const message of messages) {
    const { human, json } = messageLine(message);
    await output.result(`${String(message.seq ?? "").padStart(6)}  ${human}`, json);
    shown += 1;
  }
  if (shown === 0) output.note("(nothing waits)");
  if (shown === limit) output.note(`(${limit} shown, there may be more: --limit N, or --from SEQ)`);
}
