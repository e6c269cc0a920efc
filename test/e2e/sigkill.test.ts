/** The edge dies five times under load, without a warning, and nothing that was acked is lost. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { FLAWLESS } from "../support/checker.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { mulberry32, PairsLoad } from "../support/pairs-load.ts";

const MESSAGES = 50_000;
const KILLS = 5;

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

test("five SIGKILLs under load: none lost, none twice, pair order kept", { timeout: 420_000 }, async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  console.log(`seed ${seed}`);
  const load = await PairsLoad.connect(edge, { nodes: 100, messages: MESSAGES, inFlight: 30, reconnect: true, seed });
  // The moments of the kills, as counts of acks: anywhere in the middle nine tenths.
  const random = mulberry32(seed + 1);
  const moments = Array.from({ length: KILLS }, () => Math.floor(MESSAGES * (0.05 + 0.9 * random()))).sort(
    (a, b) => a - b,
  );
  load.start();
  for (const moment of moments) {
    await load.ackedAtLeast(moment, 60_000);
    console.log(`kill at ${load.progress()}`);
    await edge.restart();
  }
  await load.finished(120_000);

  expect(load.ledger.verdict()).toEqual(FLAWLESS);
  expect(load.clients.flatMap((client) => client.violations)).toEqual([]);
  expect(load.clients.flatMap((client) => [...client.refused])).toEqual([]);
  expect(load.clients.flatMap((client) => client.gaps)).toEqual([]);
  for (const client of load.clients) expect(client.connects).toBeGreaterThan(1);
  const receipts = load.clients.reduce((sum, client) => sum + client.receipts, 0);
  console.log(`${receipts - MESSAGES} of ${receipts} receipts were repeats that the clients dropped`);
  await load.close();
});
