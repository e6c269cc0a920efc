/**
 * A small honest client of allspark.v1: it keeps what was not acked and sends it again under the same ids, acks what it
 * got, and resumes. It records everything, so that tests can judge; it hides nothing but duplicates, and counts those.
 */
import type WebSocket from "ws";
import { openSocket, preConnect, withParameters } from "./connect.ts";
import { Signal } from "./signal.ts";

/** A message as it arrives; the app's fields and the edge's stamps. */
export interface Message {
  id?: string;
  type?: number;
  payload?: unknown;
  src_id?: string;
  src_client_id?: string;
  timestamp?: number;
  seq?: number;
  [field: string]: unknown;
}

export interface Welcome {
  node_id: string;
  connection_id: string;
  epoch: string;
  seq: number;
  heartbeat_ms: number;
  max_frame_bytes: number;
  server_time: number;
}

export interface EdgeError {
  code: string;
  message: string;
  temporary: boolean;
  id?: string;
}

export interface Gap {
  from_seq: number;
  to_seq: number;
  reason: string;
}

export interface V1Options {
  /** Base of the edge, http://host:port. */
  url: string;
  key: string;
  /** "auto": cumulative, every 20 ms or 64 messages; "silent": never; a number: every so many ms. Default "auto". */
  acks?: "auto" | "silent" | number;
  /** Comes back by itself when the socket breaks, and sends again what was not acked. Default false. */
  reconnect?: boolean;
  /** Dies like a crashed process after so many messages: the rest of the frame is never looked at. */
  dieAfter?: number;
  onMessage?: (message: Message) => void;
  onAck?: (id: string, status: string) => void;
  /** Every text frame, as it came. */
  onFrame?: (text: string) => void;
}

/** ERROR, NODE_NOT_REGISTERED and SESSION_UNAUTHORIZED: each has the error as its payload. */
const REFUSALS: ReadonlySet<number> = new Set([-1, -3, -5]);
const ACK_EVERY_MS = 20;
const ACK_EVERY_MESSAGES = 64;
const RECONNECT_EVERY_MS = 100;
const RECONNECT_WITHIN_MS = 120_000;

export class V1Client {
  readonly options: V1Options;
  /** App messages, each (src_id, id) once, in order of arrival. */
  readonly messages: Message[] = [];
  /** App messages as they came, duplicates included. */
  receipts = 0;
  readonly acked = new Map<string, string>();
  /** Error code by message id; errors without one are in `errors` only. */
  readonly refused = new Map<string, string>();
  readonly errors: EdgeError[] = [];
  readonly gaps: Gap[] = [];
  /** Sent and neither acked nor refused, in sending order: id to text. */
  readonly pending = new Map<string, string>();
  /** Violations of the protocol by the edge: seqs that did not grow, acks of unknown ids. */
  readonly violations: string[] = [];
  welcome: Welcome | undefined;
  epoch = "";
  lastSeq = 0;
  closeCode: number | undefined;
  connects = 0;
  pongs = 0;
  socket: WebSocket | undefined;
  readonly #signal = new Signal();
  readonly #seen = new Set<string>();
  /** Highest seq of this connection. */
  #connectionSeq = 0;
  #unackedReceipts = 0;
  #ackedSeq = 0;
  #ackTimer: NodeJS.Timeout | undefined;
  #ended = false;
  /** What was pending has gone out on this connection, so new messages may follow. */
  #live = false;
  #comingBack = false;

  private constructor(options: V1Options) {
    this.options = options;
  }

  /** Connects in two steps and waits for WELCOME. */
  static async connect(options: V1Options): Promise<V1Client> {
    const client = new V1Client(options);
    await client.open();
    return client;
  }

  /** Connects again, resuming where it left off; `resume: false` comes as a client that lost its memory. */
  async open(resume = true): Promise<void> {
    this.#ended = false;
    const { ws_url, validation_key } = await preConnect(this.options.url, this.options.key);
    this.welcome = undefined;
    this.closeCode = undefined;
    const socket = await openSocket(
      withParameters(ws_url, {
        auth_key: this.options.key,
        validation_key,
        ...(resume && this.epoch !== "" ? { epoch: this.epoch, last_seq: String(this.lastSeq) } : {}),
      }),
      ["allspark.v1"],
      (opening) => {
        opening.on("message", (data: Buffer) => {
          if (this.socket === undefined || this.socket === opening) this.#frame(data.toString(), opening);
        });
        opening.on("close", (code) => this.#closed(opening, code));
        this.socket = undefined;
        // Before the first frame, which may come with the handshake: an ack must have where to go.
        opening.once("open", () => (this.socket = opening));
        this.#connectionSeq = 0;
        this.#unackedReceipts = 0;
      },
    );
    await this.until(() => this.welcome !== undefined || this.closeCode !== undefined, 10_000, "WELCOME");
    if (this.welcome === undefined) throw new Error(`closed with ${this.closeCode} before WELCOME`);
    this.connects += 1;
    for (const text of this.pending.values()) socket.send(text);
    this.#live = true;
  }

  /** Sends a message and keeps it until it is acked; while not connected it waits for the next connection. */
  send(message: { id: string } & Record<string, unknown>): void {
    const text = JSON.stringify(message);
    this.pending.set(message.id, text);
    if (this.#live) this.socket?.send(text);
  }

  /** Sends text as it is, kept nowhere. */
  sendRaw(text: string | Buffer): void {
    if (this.socket === undefined) throw new Error("not connected");
    this.socket.send(text);
  }

  /** Acks everything up to `seq`. */
  ack(seq: number): void {
    this.#ackedSeq = seq;
    this.socket?.send(`{"type":-6,"payload":{"seq":${seq}}}`);
  }

  until(holds: () => boolean, ms: number, what: string | (() => string)): Promise<void> {
    return this.#signal.until(holds, ms, what);
  }

  /** Waits until so many distinct messages have come. */
  received(count: number, ms: number): Promise<void> {
    return this.until(
      () => this.messages.length >= count,
      ms,
      () => `${count} messages (there are ${this.messages.length}, closed: ${this.closeCode})`,
    );
  }

  /** Waits until everything sent was acked or refused. */
  settled(ms: number): Promise<void> {
    return this.until(
      () => this.pending.size === 0,
      ms,
      () => `acks of ${this.pending.size} messages (closed: ${this.closeCode})`,
    );
  }

  closed(ms: number): Promise<void> {
    return this.until(() => this.closeCode !== undefined, ms, "the close of the socket");
  }

  /** Closes in good order (1000); resolves when the edge has answered. */
  async close(): Promise<void> {
    this.#ended = true;
    this.socket?.close(1000);
    if (this.socket !== undefined && this.closeCode === undefined) await this.closed(5_000);
  }

  /** Breaks the socket as a crashed process would, without a close frame. */
  terminate(): void {
    this.#ended = true;
    this.socket?.terminate();
  }

  #frame(text: string, socket: WebSocket): void {
    // Nothing of the socket is looked at after its process "died".
    if (socket.readyState > 1) return;
    if (text === "pong") this.pongs += 1;
    else {
      this.options.onFrame?.(text);
      const frame = JSON.parse(text) as Message | Message[];
      if (!Array.isArray(frame)) this.#message(frame, socket);
      else for (const message of frame) if (!this.#message(message, socket)) break;
    }
    this.#signal.changed();
  }

  /** False once the client has died. */
  #message(message: Message, socket: WebSocket): boolean {
    if (typeof message.seq === "number") {
      if (message.seq <= this.#connectionSeq) this.violations.push(`seq ${message.seq} after ${this.#connectionSeq}`);
      this.#connectionSeq = message.seq;
      this.lastSeq = Math.max(this.lastSeq, message.seq);
    }
    if (message.type === undefined || message.type >= 0) this.#app(message);
    else this.#control(message);
    if (typeof message.seq === "number") this.#oweAck();
    if (this.options.dieAfter === undefined || this.receipts < this.options.dieAfter) return true;
    this.#ended = true;
    socket.terminate();
    return false;
  }

  #app(message: Message): void {
    this.receipts += 1;
    if (message.id !== undefined) {
      const name = `${message.src_id}\n${message.id}`;
      if (this.#seen.has(name)) return;
      this.#seen.add(name);
    }
    this.messages.push(message);
    this.options.onMessage?.(message);
  }

  #control(message: Message): void {
    if (message.type === -6) {
      for (const [id, status] of (message.payload as { acks: [string, string][] }).acks) {
        // What was sent twice may be acked twice.
        if (this.acked.has(id)) continue;
        if (!this.pending.delete(id) && !this.refused.has(id)) this.violations.push(`ack of unknown ${id}`);
        this.acked.set(id, status);
        this.options.onAck?.(id, status);
      }
    } else if (message.type !== undefined && REFUSALS.has(message.type)) {
      const error = message.payload as EdgeError;
      this.errors.push(error);
      if (error.id !== undefined && this.pending.delete(error.id)) this.refused.set(error.id, error.code);
    } else if (message.type === -7) this.gaps.push(message.payload as Gap);
    else if (message.type === -2) {
      this.welcome = message.payload as Welcome;
      if (this.epoch !== this.welcome.epoch) this.lastSeq = 0;
      this.epoch = this.welcome.epoch;
      this.#ackedSeq = 0;
    }
  }

  #oweAck(): void {
    const acks = this.options.acks ?? "auto";
    if (acks === "silent") return;
    this.#unackedReceipts += 1;
    if (acks === "auto" && this.#unackedReceipts >= ACK_EVERY_MESSAGES) this.#sendAck();
    else this.#ackTimer ??= setTimeout(() => this.#sendAck(), acks === "auto" ? ACK_EVERY_MS : acks);
  }

  #sendAck(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.#unackedReceipts = 0;
    if (this.#connectionSeq > this.#ackedSeq && this.socket?.readyState === 1) this.ack(this.#connectionSeq);
  }

  #closed(socket: WebSocket, code: number): void {
    if (this.socket !== undefined && this.socket !== socket) return;
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    this.closeCode = code;
    this.welcome = undefined;
    this.#live = false;
    this.#signal.changed();
    if (this.options.reconnect && !this.#ended && !this.#comingBack && this.connects > 0) void this.#comeBack();
  }

  async #comeBack(): Promise<void> {
    const deadline = Date.now() + RECONNECT_WITHIN_MS;
    this.#comingBack = true;
    while (!this.#ended) {
      try {
        await this.open();
        // It may have broken again while it opened.
        if (this.#live) break;
      } catch (error) {
        // The edge is down: come again, as any client would.
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_EVERY_MS));
      }
    }
    this.#comingBack = false;
  }
}
