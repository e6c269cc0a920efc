/** What came of a load, for people and as JSON. */
import { LIMITS } from "../../protocol/limits.ts";
import { percentiles, type Tally } from "./tally.ts";

export interface LoadReport {
  nodes: number;
  window: number;
  messages: number;
  seconds: number;
  /** Acked messages a second. */
  messages_per_second: number;
  ack_ms: { p50: number; p99: number; max: number };
  delivered: number;
  stored: number;
  refused: number;
  unanswered: number;
  lost: number;
  duplicates: number;
  out_of_order: number;
  /** What a connection may send a second was the bound, and not the edge. */
  rate_limited: boolean;
}

export interface Circumstances {
  nodes: number;
  window: number;
  tookSeconds: number;
  /** Frames that said so. */
  rateLimited: number;
}

/** So much of what a connection may send looks like the bound: the edge delays before it refuses, and acks of what comes count too. */
const NEARLY = 0.7;

export function report(tally: Tally, { nodes, window, tookSeconds, rateLimited }: Circumstances): LoadReport {
  const { sent, acked, stored, refused } = tally;
  const [p50 = 0, p99 = 0, max = 0] = percentiles(tally.latenciesMs.subarray(0, acked), [0.5, 0.99, 1]);
  const { lost, duplicates, outOfOrder } = tally.verdict();
  const mayHaveSent = LIMITS.messagesPerSecond * (LIMITS.burstFactor + tookSeconds) * nodes;
  return {
    nodes,
    window,
    messages: sent,
    seconds: round(tookSeconds, 2),
    messages_per_second: tookSeconds > 0 ? Math.round(acked / tookSeconds) : 0,
    ack_ms: { p50: round(p50, 1), p99: round(p99, 1), max: round(max, 1) },
    delivered: acked - stored,
    stored,
    refused,
    unanswered: sent - acked - refused,
    lost,
    duplicates,
    out_of_order: outOfOrder,
    rate_limited:
      rateLimited > 0 ||
      (sent > 2 * LIMITS.messagesPerSecond * LIMITS.burstFactor * nodes && sent >= NEARLY * mayHaveSent),
  };
}

export function isFlawless({ refused, unanswered, lost, duplicates, out_of_order }: LoadReport): boolean {
  return refused + unanswered + lost + duplicates + out_of_order === 0;
}

export function describe(result: LoadReport): string {
  const { ack_ms: ack } = result;
  const rows = [
    ["load", `${result.messages} messages, ${result.nodes} nodes, ${result.window} open messages each`],
    ["rate", `${result.messages_per_second} messages/s, in ${result.seconds} s`],
    ["ack", `p50 ${ack.p50} ms, p99 ${ack.p99} ms, slowest ${ack.max} ms`],
    [
      "receipts",
      `${result.delivered} delivered, ${result.stored} stored, ${result.refused} refused, ${result.unanswered} none`,
    ],
    ["faults", `${result.lost} lost, ${result.duplicates} twice, ${result.out_of_order} out of order`],
  ];
  if (result.rate_limited) {
    rows.push([
      "bound",
      `${LIMITS.messagesPerSecond} messages/s a connection, the edge's default: more --nodes, or ALLSPARK_MESSAGES_PER_SECOND`,
    ]);
  }
  return rows.map(([name = "", value]) => `${name.padEnd(9)} ${value}`).join("\n");
}

function round(number: number, digits: number): number {
  return Number(number.toFixed(digits));
}
