/** Messages between random pairs of nodes, through the client library: what `allspark bench` measures. */
import type { Allspark } from "../../client/index.ts";
import type { IncomingMessage } from "../../client/index.ts";
import { Tally } from "./tally.ts";

export interface PairsLoadOptions {
  messages: number;
  /** Messages of one node that wait for their receipt. */
  window: number;
  /** Names this run's messages: what an earlier one left in the inboxes does not count. */
  run: string;
  /** It ends when nothing came for so long. */
  quietMs: number;
  moved: (tally: Tally) => void;
}

const TEXT = "some words of a usual length";

/** Sends everything; resolves when all is accounted for, or nothing has moved for `quietMs`. */
export class PairsLoad {
  readonly tally: Tally;
  readonly #clients: readonly Allspark[];
  readonly #names: readonly string[];
  readonly #options: PairsLoadOptions;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #movedAt = 0;
  #isOver = false;
  #done: () => void = () => {};

  constructor(clients: readonly Allspark[], names: readonly string[], options: PairsLoadOptions) {
    this.#clients = clients;
    this.#names = names;
    this.#options = options;
    this.tally = new Tally(clients.length, options.messages);
    clients.forEach((client, index) => client.on("message", (message) => this.#received(message, index)));
  }

  /** Answers how many seconds it took, to the last thing that moved. */
  async run(): Promise<number> {
    const startedAt = performance.now();
    this.#movedAt = startedAt;
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      this.#watchQuiet();
      for (let index = 0; index < this.#clients.length; index += 1) {
        for (let open = 0; open < this.#options.window; open += 1) void this.#sendOn(index);
      }
    });
    this.stop();
    return (this.#movedAt - startedAt) / 1_000;
  }

  /** Nothing more is sent, and what comes does not count. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#quiet);
  }

  /** One of a node's open messages: as soon as it has its receipt, the next takes its place. */
  async #sendOn(from: number): Promise<void> {
    const { messages, run } = this.#options;
    const { tally } = this;
    while (tally.sent < messages && !this.#isOver) {
      const number = tally.sent++;
      const to = (from + 1 + Math.floor(Math.random() * (this.#clients.length - 1))) % this.#clients.length;
      const sentAt = performance.now();
      try {
        const payload = { run, from, number, text: TEXT };
        const { status } = await (this.#clients[from] as Allspark).send({ to: this.#names[to], type: 1, payload });
        if (this.#isOver) return;
        tally.receipt(status, performance.now() - sentAt);
      } catch {
        if (this.#isOver) return;
        tally.refused += 1;
      }
      this.#moved();
    }
  }

  #received({ payload }: IncomingMessage, to: number): void {
    const { run, from, number } = payload as { run?: unknown; from?: unknown; number?: unknown };
    if (this.#isOver || run !== this.#options.run || typeof from !== "number" || typeof number !== "number") return;
    this.tally.arrival(from, to, number);
    this.#moved();
  }

  #moved(): void {
    this.#movedAt = performance.now();
    this.#options.moved(this.tally);
    if (this.tally.sent === this.#options.messages && this.tally.isComplete) this.#done();
  }

  /** A timer set anew for each message would cost more than the message. */
  #watchQuiet(): void {
    const { quietMs } = this.#options;
    const quietForMs = performance.now() - this.#movedAt;
    if (quietForMs >= quietMs) this.#done();
    else this.#quiet = setTimeout(() => this.#watchQuiet(), quietMs - quietForMs);
  }
}
