/**
 * The load of one round, the same for every peer: every node sends to random others, with at most `window` of its own
 * messages open at a time. A peer with acks closes a message when its sender is acked, one without when its recipient
 * has it (all nodes are in this process, so it knows). What a node has to send at the end of a turn it sends at once,
 * as its peer's clients would: in one frame where the peer has frames of several messages. Both sides share the machine
 * with the edge: what is not needed for counting is left out.
 */
import type { Peer, PeerNode } from "./peers/peer.ts";

export interface RoundOptions {
  messages: number;
  /** Open messages of each node. */
  window: number;
  /** Distinguishes the ids of this round from those of every other. */
  name: string;
}

export interface RoundResult {
  peer: string;
  window: number;
  messages: number;
  seconds: number;
  /** Messages a second, from the first send to the last ack and receipt. */
  rate: number;
  lost: number;
  doubled: number;
  outOfOrder: number;
  refused: number;
}

const ROUND_WITHIN_MS = 180_000;
const TEXT = "some words of a usual length";

/** Connected nodes of one peer, on which rounds are run one after the other. */
export class Load {
  readonly #peer: Peer;
  readonly #nodes: PeerNode[] = [];
  #round: Round | undefined;

  private constructor(peer: Peer) {
    this.#peer = peer;
  }

  /** Connects `count` nodes. */
  static async connect(peer: Peer, count: number): Promise<Load> {
    const load = new Load(peer);
    for (let index = 0; index < count; index += 1) {
      const events = {
        received: (id: string) => load.#round?.received(id, index),
        closed: (id: string) => load.#round?.acked(id),
        refused: () => load.#round?.refuse(),
      };
      load.#nodes.push(await peer.connect(`bench-${index}`, events));
    }
    return load;
  }

  /** Runs one round; throws where it is not over after three minutes. */
  async run(options: RoundOptions): Promise<RoundResult> {
    const round = new Round(this.#nodes, this.#peer.acks, options);
    this.#round = round;
    const seconds = await round.run();
    this.#round = undefined;
    return {
      peer: this.#peer.name,
      window: options.window,
      messages: options.messages,
      seconds,
      rate: options.messages / seconds,
      ...round.faults(),
    };
  }

  close(): void {
    for (const node of this.#nodes) node.close();
  }
}

class Round {
  readonly #nodes: PeerNode[];
  readonly #acks: boolean;
  readonly #options: RoundOptions;
  readonly #prefix: string;
  /** By message: its pair, and how often it arrived. */
  readonly #pairs: Uint32Array;
  readonly #arrivals: Uint8Array;
  /** By pair: the highest message that arrived. */
  readonly #highest: Int32Array;
  #sent = 0;
  /** By node: how many of its messages are open. */
  readonly #open: Uint16Array;
  /** Nodes with room for more, to be filled at the end of this turn. */
  readonly #roomy = new Set<number>();
  #acked = 0;
  #received = 0;
  #doubled = 0;
  #outOfOrder = 0;
  #refused = 0;
  #state = 1;
  #done: (() => void) | undefined;

  constructor(nodes: PeerNode[], acks: boolean, options: RoundOptions) {
    this.#nodes = nodes;
    this.#acks = acks;
    this.#options = options;
    this.#prefix = `${options.name}.`;
    this.#pairs = new Uint32Array(options.messages);
    this.#arrivals = new Uint8Array(options.messages);
    this.#open = new Uint16Array(nodes.length);
    this.#highest = new Int32Array(nodes.length * nodes.length).fill(-1);
  }

  async run(): Promise<number> {
    const started = performance.now();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`round not over: ${this.#describe()}`)), ROUND_WITHIN_MS);
      this.#done = () => {
        clearTimeout(timer);
        resolve();
      };
      for (let node = 0; node < this.#nodes.length; node += 1) this.#fill(node);
    });
    return (performance.now() - started) / 1000;
  }

  faults(): { lost: number; doubled: number; outOfOrder: number; refused: number } {
    return {
      lost: this.#options.messages - this.#received,
      doubled: this.#doubled,
      outOfOrder: this.#outOfOrder,
      refused: this.#refused,
    };
  }

  received(id: string, to: number): void {
    if (!id.startsWith(this.#prefix)) return;
    const number = Number(id.slice(this.#prefix.length));
    const pair = this.#pairs[number] as number;
    if (pair % this.#nodes.length !== to) throw new Error(`${id} reached node ${to}`);
    if (this.#arrivals[number] !== 0) {
      this.#doubled += 1;
      return;
    }
    this.#arrivals[number] = 1;
    this.#received += 1;
    if (number < (this.#highest[pair] as number)) this.#outOfOrder += 1;
    else this.#highest[pair] = number;
    if (!this.#acks) this.#close(number);
    else this.#checkDone();
  }

  acked(id: string): void {
    if (!id.startsWith(this.#prefix)) return;
    this.#acked += 1;
    this.#close(Number(id.slice(this.#prefix.length)));
  }

  refuse(): void {
    this.#refused += 1;
    this.#checkDone();
  }

  #close(number: number): void {
    const from = Math.floor((this.#pairs[number] as number) / this.#nodes.length);
    this.#open[from]! -= 1;
    if (this.#sent === this.#options.messages) return this.#checkDone();
    if (this.#roomy.size === 0) setImmediate(() => this.#fillRoomy());
    this.#roomy.add(from);
  }

  #fillRoomy(): void {
    for (const node of this.#roomy) this.#fill(node);
    this.#roomy.clear();
  }

  #fill(from: number): void {
    const { messages, window } = this.#options;
    const count = this.#nodes.length;
    const texts: string[] = [];
    while (this.#open[from]! < window && this.#sent < messages) {
      const number = this.#sent;
      const to = (from + 1 + (this.#random() % (count - 1))) % count;
      this.#pairs[number] = from * count + to;
      this.#sent += 1;
      this.#open[from]! += 1;
      texts.push(
        `{"id":"${this.#prefix}${number}","dest_id":"bench-${to}","type":1,"payload":{"n":${number},"text":"${TEXT}"}}`,
      );
    }
    if (texts.length > 0) (this.#nodes[from] as PeerNode).send(texts);
  }

  #checkDone(): void {
    const { messages } = this.#options;
    if (this.#received + this.#refused < messages || (this.#acks && this.#acked + this.#refused < messages)) return;
    this.#done?.();
  }

  /** Numerical Recipes' generator: cheap, and the same pairs in every round. */
  #random(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state >>> 8;
  }

  #describe(): string {
    return `${this.#sent} sent, ${this.#acked} acked, ${this.#received} received, ${this.#refused} refused`;
  }
}
