/** `allspark whoami`: connects and says as whom, over what distance, and how far the clocks are apart. */
import type { Command } from "commander";
import { speaker } from "../config/speaker.ts";
import { define, type Run } from "../define.ts";
import { CliError, EXIT } from "../failures.ts";
import { connect, nodeClient } from "../node-client.ts";
import { printable } from "../output/printable.ts";

const PONG_WITHIN_MS = 8_000;

export function whoami(parent: Command, run: Run): void {
  define(parent, "whoami", {
    summary: "connect, and say as whom and how well",
    more: "Takes nothing out of the inbox.",
    examples: [
      ["allspark whoami --as alice", "with the secrets of the deployment"],
      ["ALLSPARK_AUTH_KEY=… allspark whoami", "whose key this is, and whether it is good"],
    ],
  }).action((_: object, command: Command) =>
    run(command, async (context) => {
      const opened = nodeClient(context, speaker(context.config), { acks: false });
      await connect(opened);
      const { status } = opened.client;
      const roundTripMs = await opened.sockets.ping(PONG_WITHIN_MS);
      if (status.state !== "connected" || roundTripMs === undefined) {
        throw new CliError("TIMEOUT", `no heartbeat was answered within ${PONG_WITHIN_MS / 1_000} s`, EXIT.temporary);
      }
      const { nodeId, connectionId, clockOffsetMs } = status;
      const { config, output } = context;
      await output.result(
        [
          `node        ${printable(nodeId)}`,
          `edge        ${config.url} (${config.urlSource})`,
          `connection  ${connectionId}`,
          `clock       the edge's is ${offset(clockOffsetMs)}`,
          `round trip  ${roundTripMs.toFixed(1)} ms`,
        ].join("\n"),
        {
          node_id: nodeId,
          url: config.url,
          connection_id: connectionId,
          clock_offset_ms: clockOffsetMs,
          round_trip_ms: Math.round(roundTripMs * 10) / 10,
        },
      );
    }),
  );
}

function offset(ms: number): string {
  if (ms === 0) return "the same";
  return `${Math.abs(ms)} ms ${ms > 0 ? "ahead" : "behind"}`;
}
