/**
 * Random lives of a client against the fake edge: cuts at any point, lost acks, duplicates under new seqs, refused cursors, new epochs,
 * refusals, crashes and clean restarts with what the store held. Whatever happens, the app gets each message once and in order, and
 * each message that it sent is taken once, in order, and settled once.
 */
import { expect, onTestFinished } from "vitest";
import { Allspark } from "../../../src/client/allspark.ts";
import type { ClientStore } from "../../../src/client/storage/client-store.ts";
import { memoryStore } from "../../../src/client/storage/memory.ts";
import type { FakeEdge, Verdict } from "../../support/fake-edge.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { test } from "./edge-test.ts";

const STEPS = 150;
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

class Lives {
  readonly got: unknown[] = [];
  readonly sent: number[] = [];
  readonly settled: string[] = [];
  readonly errors: unknown[] = [];
  #store: ClientStore = memoryStore();
  #client: Allspark | undefined;
  readonly #edge: FakeEdge;
  readonly #random: SeededRandom;

  constructor(edge: FakeEdge, random: SeededRandom) {
    this.#edge = edge;
    this.#random = random;
    this.#begin();
  }

  get unacked(): number {
    return this.#client!.unacked;
  }

  send(): void {
    const payload = this.sent.length;
    this.sent.push(payload);
    const client = this.#client!;
    client.send({ to: "bob", payload }).then(
      ({ id }) => this.settled.push(id!),
      (error: unknown) => {
        // What a life has not seen acked is the next one's.
        if ((error as { code?: string }).code !== "CLOSED") this.errors.push(error);
      },
    );
  }

  /** As after kill -9: the old life writes nothing more to the store, and nothing of what it has not sent leaves. */
  async crash(): Promise<void> {
    // What was sent in this very turn could not be written yet.
    await tick();
    const old = this.#client!;
    this.#client = undefined;
    this.#edge.connections.at(-1)?.cut();
    const left = memoryStore();
    await left.load();
    await left.write(await this.#store.load());
    this.#store = left;
    void old.close();
    this.#begin();
  }

  async restart(): Promise<void> {
    const old = this.#client!;
    await old.close();
    this.#begin();
  }

  async end(): Promise<void> {
    await this.#client?.close();
  }

  #begin(): void {
    const client = new Allspark({
      url: this.#edge.url,
      authKey: () => "alice",
      storage: this.#store,
      reconnectBaseMs: 2,
      reconnectCapMs: 4,
    });
    this.#client = client;
    const isAlive = () => this.#client === client;
    client.on("settled", ({ id, error }) => {
      if (isAlive()) this.settled.push(id);
      if (error !== undefined) this.errors.push(error);
    });
    client.on("error", (error) => this.errors.push(error));
    if (this.#random.chance(0.5)) {
      client.on("message", async ({ payload }) => {
        for (let i = this.#random.int(0, 2); i > 0; i--) await tick();
        if (isAlive()) this.got.push(payload);
        // A dead one's handler never comes to its end.
        else await new Promise(() => {});
      });
    } else {
      client.on("message", ({ payload }) => {
        if (isAlive()) this.got.push(payload);
      });
    }
    client.connect().catch((error: unknown) => {
      if ((error as { code?: string }).code !== "CLOSED") this.errors.push(error);
    });
  }
}

test.for(SEEDS)("seed %i", { timeout: 60_000 }, async (seed, { edge }) => {
  const random = new SeededRandom(seed);
  const delivered: number[] = [];
  let isStormy = true;
  // A full lane refuses one message and all behind it, until that one comes again.
  let refused: string | undefined;
  edge.onMessage = ({ id }, connection): Verdict => {
    if (!connection.isOpen) return "drop";
    if (refused === id || !connection.wasRefused(refused)) refused = undefined;
    if (refused !== undefined) return { refuse: "SLOW_DOWN" };
    if (!isStormy) return "ack";
    if (random.chance(0.01)) connection.cut();
    if (random.chance(0.002)) {
      refused = id;
      return { refuse: "SLOW_DOWN" };
    }
    return random.chance(0.1) ? "lose" : "ack";
  };
  const lives = new Lives(edge, random);
  onTestFinished(() => lives.end());
  const messageOf = (payload: number) => ({ src_id: `peer-${payload % 3}`, id: `m${payload}`, payload });
  const steps: [weight: number, step: () => void | Promise<void>][] = [
    [
      30,
      () => {
        for (let i = random.int(1, 5); i > 0; i--) lives.send();
      },
    ],
    [
      30,
      () => {
        const batch = Array.from({ length: random.int(1, 5) }, () => delivered.push(delivered.length) - 1);
        edge.deliver(...batch.map(messageOf));
      },
    ],
    [
      8,
      () => {
        if (delivered.length > 0) edge.deliver(messageOf(random.pick(delivered.slice(0, lives.got.length + 1))));
      },
    ],
    [8, () => edge.connections.at(-1)?.cut()],
    [
      3,
      () => {
        edge.takesResume = !edge.takesResume;
      },
    ],
    [
      1,
      () => {
        edge.newEpoch();
        edge.connections.at(-1)?.cut();
      },
    ],
    [3, () => lives.crash()],
    [2, () => lives.restart()],
  ];
  const bag = steps.flatMap(([weight, step]) => Array.from({ length: weight }, () => step));
  for (let i = 0; i < STEPS; i++) {
    await random.pick(bag)();
    for (let ticks = random.int(0, 6); ticks > 0; ticks--) await tick();
  }
  isStormy = false;
  edge.connections.at(-1)?.cut();
  const isCalm = () => edge.inbox.length === 0 && lives.unacked === 0 && lives.settled.length >= lives.sent.length;
  await expect.poll(isCalm, { timeout: 30_000, interval: 5 }).toBe(true);
  expect(lives.errors).toEqual([]);
  expect(lives.got).toEqual(delivered);
  expect(edge.taken.map(({ payload }) => payload)).toEqual(lives.sent);
  expect(lives.settled).toHaveLength(lives.sent.length);
  expect(new Set(lives.settled).size).toBe(lives.sent.length);
});
