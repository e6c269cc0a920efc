import { expect, test } from "vitest";
import { describe as described, isFlawless, report } from "../../../src/cli/load/load-report.ts";
import { Tally } from "../../../src/cli/load/tally.ts";

function run(messages: number, tookSeconds: number, { nodes = 10, rateLimited = 0 } = {}) {
  const tally = new Tally(nodes, messages);
  for (let number = 0; number < messages; number += 1) {
    tally.sent += 1;
    tally.receipt("delivered", number + 1);
    tally.arrival(0, 1, number);
  }
  return report(tally, { nodes, window: 5, tookSeconds, rateLimited });
}

test("rate and latencies", () => {
  const result = run(1_000, 2);
  expect(result).toMatchObject({ messages: 1_000, seconds: 2, messages_per_second: 500, delivered: 1_000, lost: 0 });
  expect(result.ack_ms).toEqual({ p50: 500, p99: 990, max: 1_000 });
  expect(isFlawless(result)).toBe(true);
  expect(described(result)).not.toContain("bound");
});

test("nothing was answered", () => {
  const tally = new Tally(2, 5);
  tally.sent = 5;
  const result = report(tally, { nodes: 2, window: 5, tookSeconds: 0, rateLimited: 0 });
  expect(result).toMatchObject({ messages_per_second: 0, unanswered: 5, lost: 5, ack_ms: { p50: 0, p99: 0, max: 0 } });
  expect(isFlawless(result)).toBe(false);
});

test("the bound of a connection is named where a run came near it, or the edge said so", () => {
  // 2 nodes may send 2 × 200 × (2 + 20) = 8,800 within 20 s.
  expect(run(8_000, 20, { nodes: 2 }).rate_limited).toBe(true);
  expect(run(5_000, 20, { nodes: 2 }).rate_limited).toBe(false);
  expect(run(100, 20, { nodes: 2, rateLimited: 1 }).rate_limited).toBe(true);
  // What was saved up is not yet the bound.
  expect(run(780, 0.01, { nodes: 2 }).rate_limited).toBe(false);
  expect(described(run(8_000, 20, { nodes: 2 }))).toContain("bound     200 messages/s a connection");
});
