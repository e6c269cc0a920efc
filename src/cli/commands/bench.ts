/** `allspark bench`: definite messages between random pairs of nodes, against any edge; what it carries and whether it loses any. */
import type { Command } from "commander";
import { minting } from "../config/speaker.ts";
import type { Context } from "../context.ts";
import { define, type Run } from "../define.ts";
import { EXIT, UsageError } from "../failures.ts";
import { describe, isFlawless, type LoadReport, report } from "../load/load-report.ts";
import { PairsLoad } from "../load/pairs-load.ts";
import { connect, type NodeClient, nodeClient } from "../node-client.ts";
import { seconds, whole } from "../option-values.ts";
import { progress } from "../output/progress.ts";

interface Options {
  nodes: number;
  messages: number;
  window: number;
  quiet?: number;
}

/** Handshakes at once; more only wait for each other. */
const CONNECTING_AT_ONCE = 10;
const DEFAULT_QUIET_MS = 15_000;

export function bench(parent: Command, run: Run): void {
  define(parent, "bench", {
    summary: "measure an edge: messages a second, latency, losses",
    more:
      "Every node sends to random others, each message definite: it counts when its receipt is there. The nodes are named " +
      "bench-0, bench-1, …; their keys are made with the deployment's secrets. Exit code 1 where a message was lost, came " +
      "twice or out of order, or was refused. An edge takes 200 messages a second from one connection unless " +
      "ALLSPARK_MESSAGES_PER_SECOND says otherwise (docs/settings.md); the result says where that was the bound.",
    examples: [
      ["allspark bench", "100 nodes, 50,000 messages"],
      ["allspark bench --url https://allspark.example.com --messages 5000 --window 1", "latency rather than rate"],
    ],
  })
    .option("--nodes <n>", "connected nodes", whole(2, 1_000), 100)
    .option("--messages <n>", "messages in all", whole(1, 10_000_000), 50_000)
    .option("--window <n>", "messages of a node that wait for their receipt at a time", whole(1, 1_000), 5)
    .option("--quiet <seconds>", "give up when nothing has come for so long (default: 15)", seconds)
    .action((options: Options, command: Command) => run(command, (context) => measure(context, options)));
}

async function measure(
  context: Context,
  { nodes, messages, window, quiet = DEFAULT_QUIET_MS }: Options,
): Promise<number> {
  const { output } = context;
  let rateLimited = 0;
  const onFrame = (text: string) => {
    if (text.includes('"RATE_LIMITED"')) rateLimited += 1;
  };
  const names = Array.from({ length: nodes }, (_, index) => `bench-${index}`);
  const opened = await connected(context, names, onFrame);
  const bar = progress(output, "messages", messages);
  context.defer(() => bar.end());
  const load = new PairsLoad(
    opened.map(({ client }) => client),
    names,
    { messages, window, run: crypto.randomUUID(), quietMs: quiet, moved: ({ acked }) => bar.at(acked) },
  );
  context.defer(() => load.stop());
  const tookSeconds = await load.run();
  bar.end();
  const result: LoadReport = report(load.tally, { nodes, window, tookSeconds, rateLimited });
  await output.result(describe(result), result);
  return isFlawless(result) ? EXIT.ok : EXIT.refused;
}

async function connected(
  context: Context,
  names: readonly string[],
  onFrame: (text: string) => void,
): Promise<NodeClient[]> {
  const { secrets } = context.config;
  if (secrets === undefined) {
    throw new UsageError(
      "bench speaks as many nodes and makes their keys: set ALLSPARK_SECRETS to those of the deployment",
    );
  }
  const bar = progress(context.output, "connections", names.length);
  context.defer(() => bar.end());
  const opened: NodeClient[] = [];
  for (let first = 0; first < names.length; first += CONNECTING_AT_ONCE) {
    const batch = names
      .slice(first, first + CONNECTING_AT_ONCE)
      .map((name) => nodeClient(context, minting(secrets, name, false), { acks: true, onFrame }));
    await Promise.all(batch.map(connect));
    opened.push(...batch);
    bar.at(opened.length);
  }
  bar.end();
  return opened;
}
