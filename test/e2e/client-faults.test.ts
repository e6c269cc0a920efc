/**
 * Twenty programs on the client library send 20,000 messages to each other for a minute of bad luck: the network cuts and goes
 * silent, programs die and start again with their stores, the edge is killed. Every app gets every message once, in order.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryStore } from "../../src/client/storage/memory.ts";
import { BadNetwork } from "../support/bad-network.ts";
import { FLAWLESS, Ledger } from "../support/checker.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { MortalProgram } from "../support/mortal-program.ts";
import { SeededRandom } from "../support/seeded-random.ts";
import { Signal } from "../support/signal.ts";

const PROGRAMS = 20;
const MESSAGES_EACH = 1_000;
const BAD_LUCK_MS = 60_000;
const EDGE_KILLS = 4;

let edge: Edge;
let network: BadNetwork;

beforeAll(async () => {
  edge = await startEdge();
  network = await BadNetwork.before(edge.port);
}, 90_000);
afterAll(async () => {
  await network?.close();
  await edge?.close();
});

test("each app sees each message once, in order", { timeout: 300_000 }, async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  console.log(`seed ${seed}`);
  const random = new SeededRandom(seed);
  const ledger = new Ledger();
  const signal = new Signal();
  const names = Array.from({ length: PROGRAMS }, (_, index) => `app-${index}`);
  const stores = names.map(() => memoryStore());
  const programs: MortalProgram[] = [];
  const troubles: string[] = [];
  let received = 0;
  let deaths = 0;

  const start = (index: number): void => {
    const name = names[index]!;
    const program = new MortalProgram({
      url: network.url,
      authKey: () => edge.key(name),
      storage: stores[index]!,
      reconnectBaseMs: 100,
      reconnectCapMs: 1_000,
      pongTimeoutMs: 2_000,
      connectTimeoutMs: 5_000,
    });
    programs[index] = program;
    const { allspark } = program;
    allspark.on("message", (message) => {
      if (!program.isAlive) return;
      ledger.received(message.from, name, String(message.payload));
      received++;
      signal.changed();
    });
    allspark.on("error", (error) => program.isAlive && troubles.push(`${name}: ${error.message}`));
    allspark.on("gap", (gap) => program.isAlive && troubles.push(`${name}: gap ${JSON.stringify(gap)}`));
    allspark.on("settled", ({ error }) => {
      if (error !== undefined) troubles.push(`${name}: a kept message was refused: ${error.message}`);
    });
    allspark.on("status", (status) => {
      if (status.state === "failed") troubles.push(`${name} failed: ${status.error.message}`);
    });
    allspark.connect().catch((error: Error) => program.isAlive && troubles.push(`${name}: ${error.message}`));
  };
  names.forEach((_, index) => start(index));
  const killProgram = (): void => {
    const index = random.int(0, PROGRAMS - 1);
    programs[index]!.kill();
    deaths++;
    start(index);
  };

  // Every program sends at its own even pace, to anyone.
  const begun = Date.now();
  const sent = names.map(() => 0);
  const pace = setInterval(() => {
    const due = Math.min(MESSAGES_EACH, Math.ceil(((Date.now() - begun) / BAD_LUCK_MS) * MESSAGES_EACH));
    names.forEach((name, index) => {
      for (; sent[index]! < due; sent[index]!++) {
        const to = random.pick(names.filter((other) => other !== name));
        const payload = `${name}/${sent[index]}`;
        ledger.sent(name, to, payload);
        const program = programs[index]!;
        program.allspark.send({ to, payload }).catch((error: Error) => {
          if (program.isAlive) troubles.push(`${name}: ${error.message}`);
        });
      }
    });
    signal.changed();
  }, 20);
  const faults = setInterval(() => {
    const chosen = () => random.chance(0.2);
    random.pick([killProgram, () => network.cut(chosen), () => network.silence(chosen)])();
  }, 500);
  const kills = Array.from(
    { length: EDGE_KILLS },
    (_, i) => ((i + 0.3 + random.next() * 0.4) / EDGE_KILLS) * BAD_LUCK_MS,
  );

  for (const at of kills) {
    await signal.until(() => Date.now() - begun >= at, BAD_LUCK_MS, "the moment to kill the edge");
    await edge.restart();
  }
  await signal.until(() => sent.every((count) => count === MESSAGES_EACH), 2 * BAD_LUCK_MS, "everything sent");
  clearInterval(pace);
  clearInterval(faults);
  // A silence that nobody has noticed ends as it does in life: some router forgets the connection.
  network.cut();
  const total = PROGRAMS * MESSAGES_EACH;
  await signal.until(
    () => received >= total,
    60_000,
    () =>
      `${received} of ${total} received\n${JSON.stringify(programs.map(({ allspark }) => [allspark.status.state, allspark.unacked]))}`,
  );
  await Promise.all(programs.map(({ allspark }) => allspark.flushed()));

  console.log(
    `${network.cuts} cuts, ${network.silences} silences, ${deaths} deaths of programs, ${EDGE_KILLS} of the edge`,
  );
  expect(ledger.verdict()).toEqual(FLAWLESS);
  expect(troubles).toEqual([]);
  expect(received).toBe(total);
  await Promise.all(programs.map(({ allspark }) => allspark.close()));
});
