/** `allspark node revoke` */
import type { Command } from "commander";
import { operator } from "../../config/speaker.ts";
import { define, type Run } from "../../define.ts";
import { edgeCall, path } from "../../edge-call.ts";
import { id } from "../../option-values.ts";
import { printable } from "../../output/printable.ts";

interface Revocation {
  revoked_at: number;
  closed_connections: number;
}

export function revoke(parent: Command, run: Run): void {
  define(parent, "revoke", {
    summary: "refuse all keys of a node that were made before now",
    more: "Its connections are closed. Keys made from now on are good. With secrets it is done as an app node.",
    examples: [["allspark node revoke bob", "bob's phone was stolen"]],
  })
    .argument("<node>", "the node", id)
    .action((nodeId: string, _: object, command: Command) =>
      run(command, async (context) => {
        const call = {
          method: "POST",
          path: path`/v1/nodes/${nodeId}/revoke`,
          speaker: operator(context.config),
        } as const;
        const done = await edgeCall<Revocation>(context, call);
        const closed = `${done.closed_connections} ${done.closed_connections === 1 ? "connection" : "connections"}`;
        const human = `keys of ${nodeId} made before ${new Date(done.revoked_at).toISOString()} are refused; ${closed} closed`;
        await context.output.result(printable(human), { node_id: nodeId, ...done });
      }),
    );
}
