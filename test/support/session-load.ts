/** Members of one session who all listen, and some of whom speak: the load of the tests that ask whether any was lost. */
import type { Edge } from "./edge.ts";
import { SessionJudge } from "./session-judge.ts";
import { Signal } from "./signal.ts";
import { type Message, V1Client } from "./v1-client.ts";

export interface SessionLoadOptions {
  members: number;
  speakers: number;
  messages: number;
  /** Unacked messages of one speaker. */
  inFlight: number;
  /** Which members come back by themselves when their socket breaks. Default none. */
  reconnects?: (index: number) => boolean;
  /** How many connect; the others stay offline. Default all. */
  online?: number;
}

export interface SessionInfo {
  session_id: string;
  last_session_seq: number;
  member_count: number;
  log: { messages: number; bytes: number; rows_written: number; calls: number };
}

const CONNECT_AT_ONCE = 20;

export class SessionLoad {
  readonly judge = new SessionJudge();
  readonly clients: V1Client[] = [];
  readonly sessionId: string;
  /** Messages acked to their speakers, and receipts of all members, each once. */
  acked = 0;
  received = 0;
  readonly statuses = new Map<string, number>();
  /** Is told of each ack. */
  onAck = (): void => {};
  /** Is told of each receipt of a message that is not of the load itself. */
  onOther = (): void => {};
  readonly #edge: Edge;
  readonly #options: SessionLoadOptions;
  readonly #signal = new Signal();
  #started = false;
  #sent = 0;
  readonly #perSpeaker: number[];

  private constructor(edge: Edge, sessionId: string, options: SessionLoadOptions) {
    this.#edge = edge;
    this.sessionId = sessionId;
    this.#options = options;
    this.#perSpeaker = Array.from({ length: options.speakers }, () => 0);
  }

  /** An app node creates the session with all members; then those connect that are to be online. */
  static async connect(edge: Edge, sessionId: string, options: SessionLoadOptions): Promise<SessionLoad> {
    const load = new SessionLoad(edge, sessionId, options);
    const names = Array.from({ length: options.members }, (_, i) => [load.nodeId(i)]);
    const { status, body } = await edge.call("POST", "/v1/sessions", edge.key("the-app", { app: true }), {
      _session_info_: [sessionId, names],
    });
    if (status !== 201) throw new Error(`no session: ${status} ${JSON.stringify(body)}\n${edge.output()}`);
    await load.arrive(options.online ?? options.members);
    return load;
  }

  /** The first so many members connect, a few at a time. */
  async arrive(online: number): Promise<void> {
    for (let first = 0; first < online; first += CONNECT_AT_ONCE) {
      const batch = Array.from({ length: Math.min(CONNECT_AT_ONCE, online - first) }, (_, i) => first + i);
      this.clients.push(...(await Promise.all(batch.map((index) => this.client(index)))));
    }
  }

  nodeId(index: number): string {
    return `${this.sessionId}-${index}`;
  }

  /** Connects one member. */
  client(index: number): Promise<V1Client> {
    const nodeId = this.nodeId(index);
    this.judge.member(nodeId);
    return V1Client.connect({
      url: this.#edge.url,
      key: this.#edge.key(nodeId),
      reconnect: this.#options.reconnects?.(index) ?? false,
      onMessage: (message) => this.#message(nodeId, message),
      onAck: (_id, status) => {
        this.acked += 1;
        this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
        if (this.#started && index < this.#options.speakers) this.#fill(index);
        this.onAck();
        this.#signal.changed();
      },
    });
  }

  #message(nodeId: string, message: Message): void {
    if (message.type !== 1) {
      this.onOther();
      return this.#signal.changed();
    }
    this.received += 1;
    this.judge.received(nodeId, message);
    this.#signal.changed();
  }

  /** What all members get together when they get everything. */
  get deliveries(): number {
    return this.#options.messages * (this.#options.members - 1);
  }

  /** Messages that came to members once more, and were dropped by their clients. */
  get repeats(): number {
    return this.clients.reduce((sum, client) => sum + client.receipts - client.messages.length, 0);
  }

  /** Starts every speaker; the acks keep it going. */
  start(): void {
    this.#started = true;
    this.#perSpeaker.forEach((_, speaker) => this.#fill(speaker));
  }

  ackedAtLeast(count: number, ms: number): Promise<void> {
    return this.until(() => this.acked >= count, ms, `${count} acks`);
  }

  until(holds: () => boolean, ms: number, what: string): Promise<void> {
    return this.#signal.until(holds, ms, () => `${what} (${this.progress()})`);
  }

  progress(): string {
    const refused = new Set(this.clients.flatMap((client) => [...client.refused.values()]));
    return `${this.#sent} sent, ${this.acked} acked, ${this.received} received, refused: ${[...refused].join(" ") || "none"}`;
  }

  async info(): Promise<SessionInfo> {
    const key = this.#edge.key("the-app", { app: true });
    return (await this.#edge.call<SessionInfo>("GET", `/v1/sessions/${this.sessionId}`, key)).body;
  }

  /** Waits until the log holds so many messages. */
  async logIs(messages: number, ms: number): Promise<void> {
    const deadline = Date.now() + ms;
    for (let info = await this.info(); info.log.messages !== messages; info = await this.info()) {
      if (Date.now() > deadline)
        throw new Error(`not within ${ms} ms: a log of ${messages}: ${JSON.stringify(info.log)}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
  }

  #fill(speaker: number): void {
    const { messages, inFlight } = this.#options;
    const client = this.clients[speaker]!;
    while (client.pending.size < inFlight && this.#sent < messages) {
      const number = ++this.#perSpeaker[speaker]!;
      this.#sent += 1;
      const id = `m-${number}`;
      this.judge.said(this.nodeId(speaker), id);
      client.send({
        id,
        dest_session_id: this.sessionId,
        type: 1,
        payload: { number, text: "some words of a usual length" },
      });
    }
  }
}
