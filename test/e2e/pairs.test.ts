/** A hundred nodes, fifty thousand messages, nothing lost, doubled or swapped, and nothing written while all are online. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeState } from "../../src/durable/rpc.ts";
import { FLAWLESS } from "../support/checker.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { readInboxFiles } from "../support/inbox-files.ts";
import { PairsLoad } from "../support/pairs-load.ts";

const NODES = 100;
const MESSAGES = 50_000;

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

test(
  "each message arrives once and in pair order, each is acked, no inbox row is written",
  { timeout: 180_000 },
  async () => {
    // So few in flight that even a slow machine answers within the grace of a second: past it, storing is right.
    const load = await PairsLoad.connect(edge, { nodes: NODES, messages: MESSAGES, inFlight: 4, seed: 20_261_122 });
    const started = performance.now();
    load.start();
    await load.finished(150_000);
    const seconds = (performance.now() - started) / 1000;
    console.log(`${MESSAGES} messages in ${seconds.toFixed(1)} s: ${Math.round(MESSAGES / seconds)} messages/s`);

    expect(load.ledger.verdict()).toEqual(FLAWLESS);
    expect(load.clients.flatMap((client) => client.violations)).toEqual([]);
    expect(load.clients.flatMap((client) => client.errors)).toEqual([]);
    expect(load.clients.reduce((sum, client) => sum + client.receipts, 0)).toBe(MESSAGES);
    expect(new Set(load.clients.flatMap((client) => [...client.acked.values()]))).toEqual(new Set(["delivered"]));

    const appKey = edge.key("the-app", { app: true });
    let delivered = 0;
    for (let index = 0; index < NODES; index += 1) {
      const { status, body } = await edge.call<NodeState>("GET", `/v1/nodes/${load.nodeId(index)}`, appKey);
      expect(status).toBe(200);
      expect(body).toMatchObject({ online: true, inbox: { messages: 0 }, counters: { inbox_rows_written: 0 } });
      delivered += body.counters.delivered;
    }
    // The counters count: without this, zero rows would say nothing.
    expect(delivered).toBe(MESSAGES);

    await load.close();
    await edge.stop();
    const { databases, rows } = await readInboxFiles(edge.data);
    // The app node has one too; its key was looked up there.
    expect(databases).toBeGreaterThanOrEqual(NODES);
    expect(rows).toBe(0);
  },
);
