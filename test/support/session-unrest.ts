/** Members that come and go at random, cut off as by a crash, so that about half of them are away at any time. */
import type { SeededRandom } from "./seeded-random.ts";
import type { V1Client } from "./v1-client.ts";

/** How often a stir moves somebody. */
const CHANCE = 0.2;

export class SessionUnrest {
  cuts = 0;
  readonly #clients: readonly V1Client[];
  readonly #random: SeededRandom;
  readonly #away = new Set<V1Client>();
  /** Those whose old connection has not ended yet: two of one client at a time would tear its order apart. */
  readonly #going = new Map<V1Client, Promise<void>>();
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
    return this.#away.size;
  }

  /** The part of them that was away, on average over all stirs. */
  get awayShare(): number {
    return this.#awaySum / Math.max(1, this.#stirs) / this.size;
  }

  /** Call it whenever something has come a step further: somebody may go or come. */
  stir(): void {
    if (this.#isOver) return;
    this.#stirs++;
    this.#awaySum += this.#away.size;
    if (!this.#random.chance(CHANCE)) return;
    const client = this.#random.pick(this.#clients);
    if (this.#going.has(client) || this.#coming.has(client)) return;
    if (this.#away.has(client)) this.#come(client);
    // One that is on its way back from a crash of the edge is left alone.
    else if (client.welcome !== undefined) this.#cut(client);
  }

  /** Everyone is there again. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#going.values(), ...this.#coming.values()]);
    await Promise.all([...this.#away].map((client) => client.open()));
    this.#away.clear();
  }

  #cut(client: V1Client): void {
    this.#away.add(client);
    this.cuts++;
    client.terminate();
    this.#going.set(
      client,
      client.closed(10_000).finally(() => this.#going.delete(client)),
    );
  }

  #come(client: V1Client): void {
    this.#away.delete(client);
    const coming = client
      .open()
      // The edge is down: it stays away.
      .catch(() => void this.#away.add(client))
      .finally(() => this.#coming.delete(client));
    this.#coming.set(client, coming);
  }
}
