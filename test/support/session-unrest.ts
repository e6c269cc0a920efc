/**
 * Members that come and go at random, cut off as by a crash, so that about half of them are away at any time. Their
 * clients must not reconnect by themselves: two connections of one client at a time would tear its order apart.
 */
import type { SeededRandom } from "./seeded-random.ts";
import type { V1Client } from "./v1-client.ts";

/** How often a stir moves somebody. */
const CHANCE = 0.2;

export class SessionUnrest {
  cuts = 0;
  readonly #clients: readonly V1Client[];
  readonly #random: SeededRandom;
  readonly #coming = new Map<V1Client, Promise<void>>();
  #stirs = 0;
  #awaySum = 0;
  #isOver = false;

  constructor(clients: readonly V1Client[], random: SeededRandom) {
    this.#clients = clients;
    this.#random = random;
  }

  get size(): number {
    return this.#clients.length;
  }

  get away(): number {
    return this.#clients.filter(({ welcome }) => welcome === undefined).length;
  }

  /** The part of them that was away, on average over all stirs. */
  get awayShare(): number {
    return this.#awaySum / Math.max(1, this.#stirs) / this.size;
  }

  /** Call it whenever something has come a step further: somebody may go or come. */
  stir(): void {
    if (this.#isOver) return;
    this.#stirs++;
    this.#awaySum += this.away;
    if (!this.#random.chance(CHANCE)) return;
    const client = this.#random.pick(this.#clients);
    if (this.#coming.has(client)) return;
    if (client.welcome !== undefined) {
      this.cuts++;
      client.terminate();
    } else if (client.closeCode !== undefined) this.#come(client);
  }

  /** Everyone is there again. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#coming.values());
    await Promise.all(
      this.#clients.map(async (client) => {
        // One that was cut a moment ago does not know it yet.
        if (client.socket?.readyState === 1) return;
        await client.closed(10_000);
        await client.open();
      }),
    );
  }

  #come(client: V1Client): void {
    const coming = client
      .open()
      // The edge is down: it stays away.
      .catch(() => {})
      .finally(() => this.#coming.delete(client));
    this.#coming.set(client, coming);
  }
}
