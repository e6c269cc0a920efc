/**
 * A client inside workerd: connects in two steps through the Worker, keeps what it sees, acks only when told to. It
 * checks by itself what must hold for every connection (seqs grow, WELCOME comes first and once), and whoever waits for
 * it is told of what did not.
 */
import type { Gap, Welcome } from "../../../src/protocol/frames.ts";
import type { ConnectionMode } from "../../../src/protocol/codec.ts";
import type { WireError } from "../../../src/protocol/errors.ts";
import { TYPE } from "../../../src/protocol/message-types.ts";
import { SUBPROTOCOL_V1 } from "../../../src/protocol/version.ts";
import { Signal } from "../../support/signal.ts";
import { authKey, preConnect, upgrade } from "../http/edge.ts";

/** Anything that comes over the socket: an app's message or one of the edge. */
export interface Message {
  id?: string;
  type?: number;
  payload?: unknown;
  src_id?: string;
  seq?: number;
  timestamp?: number;
  [field: string]: unknown;
}

/** The answer to a config request. */
export interface ConfigResponse {
  messages?: string[];
  from_seq?: number;
  to_seq?: number;
  more?: boolean;
  server_timestamp_add_diff: number;
}

export interface ConnectOptions {
  mode?: ConnectionMode;
  clientId?: string;
  /** With an app node's key. */
  app?: boolean;
  /** Acks by itself whatever comes. */
  acks?: boolean;
  /** Where this client left off. */
  resume?: { epoch: string; lastSeq: number };
}

/** Enough for anything that is not meant to wait; a grace is 1 s. */
const WITHIN_MS = 8_000;

export class Client {
  readonly nodeId: string;
  /** Everything that came, arrays flattened, in order. */
  readonly seen: Message[] = [];
  /** The app's messages among it. */
  readonly messages: Message[] = [];
  readonly acks: [id: string, status: string][] = [];
  readonly errors: (WireError & { id?: string })[] = [];
  readonly gaps: Gap[] = [];
  /** Those of sessions, whose numbers are session_seqs. */
  readonly sessionGaps: (Gap & { session_id: string })[] = [];
  readonly configs: ConfigResponse[] = [];
  welcome: Welcome | undefined;
  /** Highest seq seen, gaps included. */
  lastSeq: number;
  closeCode: number | undefined;
  #closing = false;
  readonly #violations: string[] = [];
  readonly #mode: ConnectionMode;
  readonly #acks: boolean;
  readonly #socket: WebSocket;
  readonly #signal = new Signal();

  private constructor(nodeId: string, socket: WebSocket, { mode = "v1", acks = false, resume }: ConnectOptions) {
    this.nodeId = nodeId;
    this.#mode = mode;
    this.#acks = acks;
    this.#socket = socket;
    this.lastSeq = resume?.lastSeq ?? 0;
    socket.addEventListener("message", ({ data }) => this.#frame(String(data)));
    socket.addEventListener("close", ({ code }) => {
      this.#closing = true;
      this.closeCode = code;
      this.#signal.changed();
    });
    socket.accept();
  }

  /** Connects, and on v1 waits for WELCOME. */
  static async connect(nodeId: string, options: ConnectOptions = {}): Promise<Client> {
    const { mode = "v1", clientId, app, resume } = options;
    const key = await authKey(nodeId, { clientId, app });
    const { validation_key } = await preConnect(key);
    const query = new URLSearchParams({ auth_key: key, validation_key });
    if (resume !== undefined) {
      query.set("epoch", resume.epoch);
      query.set("last_seq", String(resume.lastSeq));
    }
    const headers: Record<string, string> = mode === "v1" ? { "sec-websocket-protocol": SUBPROTOCOL_V1 } : {};
    const response = await upgrade(`/connectV3?${query}`, headers);
    if (response.status !== 101) throw new Error(`upgrade refused with ${response.status}: ${await response.text()}`);
    const client = new Client(nodeId, response.webSocket!, options);
    if (mode === "v1") await client.until(() => client.welcome !== undefined, "WELCOME");
    return client;
  }

  /** How to come back after this connection. */
  get resume(): { epoch: string; lastSeq: number } {
    return { epoch: this.welcome!.epoch, lastSeq: this.lastSeq };
  }

  get payloads(): unknown[] {
    return this.messages.map(({ payload }) => payload);
  }

  statusOf(id: string): string | undefined {
    return this.acks.find(([acked]) => acked === id)?.[1];
  }

  /** One frame: a message, or several as an array. */
  send(...messages: Message[]): void {
    this.sendRaw(JSON.stringify(messages.length === 1 ? messages[0] : messages));
  }

  sendRaw(frame: string | ArrayBuffer): void {
    this.#socket.send(frame);
  }

  /** Acks everything up to `seq`, by default all that has come. */
  ack(seq = this.lastSeq): void {
    this.send({ type: TYPE.ACK, payload: { seq } });
  }

  /** Sends a config request as the original's clients do and waits for its answer. */
  async config(request: Record<string, unknown>): Promise<ConfigResponse> {
    const before = this.configs.length;
    this.send({ type: TYPE.CONFIG_REQUEST, payload: JSON.stringify(request) });
    await this.until(() => this.configs.length > before, "a config response");
    return this.configs[before]!;
  }

  async until(holds: () => boolean, what: string, ms = WITHIN_MS): Promise<void> {
    await this.#signal.until(
      () => holds() || this.#violations.length > 0,
      ms,
      () => `${what}; seen so far: ${this.#tail()}`,
    );
    if (this.#violations.length > 0) throw new Error(this.#violations.join("; "));
  }

  received(count: number): Promise<void> {
    return this.until(() => this.messages.length >= count, `${count} messages`);
  }

  /** Waits for the acks or errors of these ids; answers the acks' statuses. */
  async settled(...ids: string[]): Promise<(string | undefined)[]> {
    const answered = (id: string) => this.statusOf(id) !== undefined || this.errors.some((error) => error.id === id);
    await this.until(() => ids.every(answered), `what became of ${ids.join(", ")}`);
    return ids.map((id) => this.statusOf(id));
  }

  /** Waits for the close from the edge. */
  async closed(): Promise<number> {
    await this.until(() => this.closeCode !== undefined, "the close of the socket");
    return this.closeCode!;
  }

  /** Closes; any code but 1000 and 1001 is an abnormal end to the edge. Waits for its answer. */
  async close(code = 1000): Promise<void> {
    if (this.closeCode !== undefined) return;
    this.#closing = true;
    this.#socket.close(code);
    await this.closed();
  }

  #frame(text: string): void {
    const frame = JSON.parse(text) as Message | Message[];
    if (Array.isArray(frame) && this.#mode === "classic") this.#violations.push("an array for a classic client");
    const before = this.lastSeq;
    for (const message of [frame].flat()) this.#message(message);
    if (this.#acks && this.lastSeq > before && !this.#closing) this.ack();
    this.#signal.changed();
  }

  #message(message: Message): void {
    if (this.#mode === "v1" && (message.type === TYPE.WELCOME) !== (this.welcome === undefined)) {
      this.#violations.push("WELCOME is the first message and comes once");
    }
    this.seen.push(message);
    if (message.type === TYPE.WELCOME) this.welcome = message.payload as Welcome;
    else if (message.type === TYPE.ACK) this.acks.push(...(message.payload as { acks: [string, string][] }).acks);
    else if (message.type === TYPE.ERROR) this.errors.push(message.payload as WireError);
    else if (message.type === TYPE.GAP) this.#gap(message);
    else if (message.type === TYPE.CONFIG_RESPONSE) {
      const { payload } = message;
      this.configs.push(typeof payload === "string" ? JSON.parse(payload) : payload);
    } else if (message.type === undefined || message.type >= 0) this.#app(message);
  }

  #gap(message: Message): void {
    const gap = message.payload as Gap & { session_id?: string };
    if (gap.session_id === undefined) {
      this.gaps.push(gap);
      this.lastSeq = Math.max(this.lastSeq, gap.to_seq);
    } else {
      this.sessionGaps.push({ ...gap, session_id: gap.session_id });
      this.#numbered(message);
    }
  }

  #app(message: Message): void {
    this.messages.push(message);
    this.#numbered(message);
  }

  #numbered(message: Message): void {
    if (message.seq === undefined) return;
    if (message.seq <= this.lastSeq) this.#violations.push(`seq ${message.seq} after ${this.lastSeq}`);
    this.lastSeq = Math.max(this.lastSeq, message.seq);
  }

  #tail(): string {
    const text = this.seen.map((message) => JSON.stringify(message)).join(" ");
    return `${this.closeCode === undefined ? "" : `closed with ${this.closeCode} `}${text.slice(-600)}`;
  }
}
