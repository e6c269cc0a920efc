/** Two hundred members online, ten thousand messages: everyone gets everything, in one order, and nothing is written. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeState } from "../../src/durable/rpc.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { WHOLE } from "../support/session-judge.ts";
import { readSessionFiles } from "../support/session-files.ts";
import { SessionLoad } from "../support/session-load.ts";

const MEMBERS = 200;
const MESSAGES = 10_000;

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge({ env: { ALLSPARK_MESSAGES_PER_SECOND: "100000" } });
}, 90_000);
afterAll(() => edge.close());

test(
  "all arrive in session order at each member; no row of log or inbox is written",
  { timeout: 300_000 },
  async () => {
    // So few in flight that even a slow machine answers within the grace of a second: past it, storing is right.
    const load = await SessionLoad.connect(edge, "all-online", {
      members: MEMBERS,
      speakers: 20,
      messages: MESSAGES,
      inFlight: 3,
    });
    const before = (await load.info()).log;
    const started = performance.now();
    load.start();
    const { deliveries } = load;
    await load.until(() => load.acked >= MESSAGES && load.received >= deliveries, 240_000, "the end");
    const seconds = (performance.now() - started) / 1000;
    const { log } = await load.info();
    console.log(
      `${deliveries} deliveries in ${seconds.toFixed(1)} s: ${Math.round(deliveries / seconds)}/s, ` +
        `${((log.calls - before.calls) / deliveries).toFixed(3)} calls a delivery`,
    );
    expect(load.judge.verdict({ strict: true })).toEqual(WHOLE);
    expect(load.clients.flatMap((client) => [...client.violations, ...client.errors])).toEqual([]);
    expect([...load.statuses]).toEqual([["delivered", MESSAGES]]);
    expect(log).toMatchObject({ messages: 0, rows_written: before.rows_written });
    const appKey = edge.key("the-app", { app: true });
    for (let index = 0; index < MEMBERS; index += 1) {
      const { body } = await edge.call<NodeState>("GET", `/v1/nodes/${load.nodeId(index)}`, appKey);
      expect(body).toMatchObject({ inbox: { messages: 0 }, counters: { inbox_rows_written: 0 } });
    }
    await load.close();
    await edge.stop();
    expect(await readSessionFiles(edge.data)).toEqual({
      sessions: 1,
      logRows: 0,
      logMessages: 0,
      behind: 0,
      memberships: MEMBERS,
      unread: 0,
    });
  },
);
