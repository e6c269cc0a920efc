/**
 * The load generator, a process of its own so that neither server competes with it inside one event loop. Takes one
 * order over IPC, runs rounds of the peers in turn, answers with the results and ends.
 */
import { Load, type RoundResult } from "./load.ts";
import { allspark } from "./peers/allspark/peer.ts";
import { bareRelay } from "./peers/bare-relay/peer.ts";

export interface Order {
  allspark: { url: string; secret: string };
  bareRelay: { url: string };
  nodes: number;
  messages: number;
  warmUpMessages: number;
  windows: number[];
  rounds: number;
}

export type Report = { round: RoundResult } | { done: true } | { failed: string };

const report = (message: Report): void => void process.send?.(message);

async function measure(order: Order): Promise<void> {
  const loads = [
    await Load.connect(allspark(order.allspark.url, order.allspark.secret), order.nodes),
    await Load.connect(bareRelay(order.bareRelay.url), order.nodes),
  ];
  for (const load of loads) {
    for (const window of order.windows)
      await load.run({ messages: order.warmUpMessages, window, name: `warm${window}` });
  }
  for (let round = 0; round < order.rounds; round += 1) {
    for (const window of order.windows) {
      // Interleaved, and who goes first changes, so that a slow minute of the machine hits both.
      for (const load of round % 2 === 0 ? loads : loads.toReversed()) {
        report({ round: await load.run({ messages: order.messages, window, name: `${round}w${window}` }) });
      }
    }
  }
  for (const load of loads) load.close();
}

// Whoever gave the order is gone: nobody would read the results.
process.once("disconnect", () => process.exit());
process.once("message", (order) => {
  measure(order as Order)
    .then(
      () => report({ done: true }),
      (error: unknown) => report({ failed: String(error instanceof Error ? error.stack : error) }),
    )
    .finally(() => process.disconnect());
});
