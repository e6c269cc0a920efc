/** `allspark node info` */
import type { Command } from "commander";
import { operator, speaker } from "../../config/speaker.ts";
import { define, type Run } from "../../define.ts";
import { edgeCall, path } from "../../edge-call.ts";
import { nodeIdOf } from "../../node-client.ts";
import { id } from "../../option-values.ts";
import { printable } from "../../output/printable.ts";

/** As much of the edge's answer as is shown. */
interface NodeState {
  node_id: string;
  client_id: string | null;
  online: boolean;
  connections: { connection_id: string; mode: string; connected_at: number; unacked: number }[];
  sessions: { joined: number; unread: number };
  inbox: { messages: number; bytes: number; oldest_seq: number | null; newest_seq: number | null };
}

export function info(parent: Command, run: Run): void {
  define(parent, "info", {
    summary: "whether a node is online, and what waits for it",
    more: "With secrets it is asked as an app node, who may look at any; else a node may look at itself.",
    examples: [
      ["allspark node info bob", ""],
      ["allspark node info --as alice", "the speaker itself"],
    ],
  })
    .argument("[node]", "the node; the speaker if left out", id)
    .action((given: string | undefined, _: object, command: Command) =>
      run(command, async (context) => {
        const { config, output } = context;
        const nodeId = given ?? (await nodeIdOf(context, speaker(config)));
        const asked = { path: path`/v1/nodes/${nodeId}`, speaker: operator(config) };
        const state = await edgeCall<NodeState>(context, asked);
        await output.result(described(state), state);
      }),
    );
}

function described({ node_id, client_id, online, connections, sessions, inbox }: NodeState): string {
  const rows: [string, string][] = [
    ["node", node_id],
    ["client", client_id ?? "none"],
    ["online", online ? `yes, ${count(connections.length, "connection")}` : "no"],
    [
      "inbox",
      `${count(inbox.messages, "message")}, ${inbox.bytes} bytes${inbox.messages === 0 ? "" : `, seq ${inbox.oldest_seq} to ${inbox.newest_seq}`}`,
    ],
    ["sessions", `${sessions.joined}, ${sessions.unread} of them with something unread`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(9)} ${printable(value)}`).join("\n");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
