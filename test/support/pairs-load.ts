/** Messages between random pairs of many v1 nodes: the load of the tests that ask whether any was lost. */
import type { Edge } from "./edge.ts";
import { Ledger } from "./checker.ts";
import { Signal } from "./signal.ts";
import { V1Client } from "./v1-client.ts";

export interface PairsOptions {
  nodes: number;
  messages: number;
  /** Unacked messages of one sender. */
  inFlight: number;
  reconnect?: boolean;
  seed: number;
}

export class PairsLoad {
  readonly ledger = new Ledger();
  readonly clients: V1Client[] = [];
  /** Messages acked to their senders so far, and messages received so far (each once). */
  acked = 0;
  received = 0;
  readonly #options: PairsOptions;
  readonly #signal = new Signal();
  readonly #random: () => number;
  #sent = 0;
  #perSender: number[] = [];

  private constructor(options: PairsOptions) {
    this.#options = options;
    this.#random = mulberry32(options.seed);
  }

  /** Connects all nodes. */
  static async connect(edge: Edge, options: PairsOptions): Promise<PairsLoad> {
    const load = new PairsLoad(options);
    for (let from = 0; from < options.nodes; from += 1) load.#perSender.push(0);
    // A few at a time: a hundred handshakes at once only wait for each other.
    for (let first = 0; first < options.nodes; first += 10) {
      const names = Array.from({ length: Math.min(10, options.nodes - first) }, (_, index) =>
        load.nodeId(first + index),
      );
      load.clients.push(...(await Promise.all(names.map((nodeId) => load.#client(edge, nodeId)))));
    }
    return load;
  }

  nodeId(index: number): string {
    return `pair-${index}`;
  }

  /** Starts every sender; the acks keep it going. */
  start(): void {
    this.clients.forEach((_, from) => this.#fill(from));
  }

  /** Waits until so many messages were acked. */
  ackedAtLeast(count: number, ms: number): Promise<void> {
    return this.#signal.until(
      () => this.acked >= count,
      ms,
      () => `${count} acks (${this.progress()})`,
    );
  }

  /** Waits until everything was sent, acked and received. */
  finished(ms: number): Promise<void> {
    const { messages } = this.#options;
    return this.#signal.until(
      () => this.acked >= messages && this.received >= messages,
      ms,
      () => `the end (${this.progress()})`,
    );
  }

  progress(): string {
    const refused = new Set(this.clients.flatMap((client) => [...client.refused.values()]));
    return `${this.#sent} sent, ${this.acked} acked, ${this.received} received, refused: ${[...refused].join(" ") || "none"}`;
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }

  async #client(edge: Edge, nodeId: string): Promise<V1Client> {
    const from = Number(nodeId.slice("pair-".length));
    return V1Client.connect({
      url: edge.url,
      key: edge.key(nodeId),
      reconnect: this.#options.reconnect ?? false,
      onMessage: (message) => {
        this.received += 1;
        this.ledger.received(String(message.src_id), nodeId, String(message.id));
        this.#signal.changed();
      },
      onAck: () => {
        this.acked += 1;
        this.#fill(from);
        this.#signal.changed();
      },
    });
  }

  #fill(from: number): void {
    const { nodes, messages, inFlight } = this.#options;
    const client = this.clients[from] as V1Client;
    while (client.pending.size < inFlight && this.#sent < messages) {
      const to = (from + 1 + Math.floor(this.#random() * (nodes - 1))) % nodes;
      const number = (this.#perSender[from] as number) + 1;
      this.#perSender[from] = number;
      this.#sent += 1;
      const id = `${from}-${number}`;
      this.ledger.sent(this.nodeId(from), this.nodeId(to), id);
      client.send({ id, dest_id: this.nodeId(to), type: 1, payload: { number, text: "some words of a usual length" } });
    }
  }
}

/** A small seeded generator, so that a failing run can be had again. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
