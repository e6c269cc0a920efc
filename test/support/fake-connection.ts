/** One socket of the fake edge: what it sends, and what it holds against the protocol of what comes. See fake-edge.ts. */
import type WebSocket from "ws";
import { wireError } from "../../src/protocol/errors.ts";
import type { FakeEdge, InboxMessage } from "./fake-edge.ts";

/** A message of the app as the client sent it. */
export interface SentMessage {
  id: string | undefined;
  payload: unknown;
  raw: Record<string, unknown>;
  connection: FakeConnection;
}

const FIELDS = new Set(
  [
    "id",
    "dest_id",
    "dest_client_id",
    "dest_session_id",
    "dest_cluster_id",
    "type",
    "payload",
    "payload1",
    "payload2",
  ].concat(["volatile", "ttl_ms", "collapse_key", "fencing_number"]),
);
/** A client's timer may fire a little early. */
const ACK_EVERY_MS = 19;
const ACK_EVERY_MESSAGES = 64;

export class FakeConnection {
  readonly key: string;
  readonly resume: { epoch: string; seq: number } | undefined;
  /** Frames as they came, without pings. */
  readonly frames: string[] = [];
  readonly acks: number[] = [];
  pings = 0;
  isWelcomed = false;
  /** How the client ended it. */
  closeCode: number | undefined;
  readonly #edge: FakeEdge;
  readonly #socket: WebSocket;
  readonly #seqs = new Set<number>();
  readonly #ids = new Set<string>();
  /** Refused for the moment: they come again, behind others. */
  readonly #refused = new Set<string>();
  #messagesSent = 0;
  #welcomedAt = 0;
  #order = -1;

  constructor(edge: FakeEdge, socket: WebSocket, { key, resume }: Pick<FakeConnection, "key" | "resume">) {
    this.#edge = edge;
    this.#socket = socket;
    this.key = key;
    this.resume = resume;
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) edge.violation("a binary frame");
      this.#frame(data.toString());
      edge.changed();
    });
    socket.on("close", (code) => {
      this.closeCode = code;
      edge.changed();
    });
    socket.on("error", () => {});
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 1;
  }

  /** WELCOME, and what is in the inbox behind the cursor. */
  welcome(fields: Record<string, unknown> = {}): void {
    const edge = this.#edge;
    const isTaken = edge.takesResume && this.resume?.epoch === edge.epoch && this.resume.seq <= edge.lastSeq;
    if (isTaken) edge.acked(this.resume!.seq);
    const seq = isTaken ? this.resume!.seq : edge.ackedSeq;
    edge.gave(seq);
    this.isWelcomed = true;
    this.#welcomedAt = Date.now();
    const payload = {
      node_id: this.key.split(":")[0],
      connection_id: `connection-${edge.connections.length}`,
      epoch: edge.epoch,
      seq,
      heartbeat_ms: edge.heartbeatMs,
      max_frame_bytes: edge.maxFrameBytes,
      server_time: Date.now(),
      ...fields,
    };
    this.sendRaw(JSON.stringify({ type: -2, payload }));
    const waiting = edge.inbox.filter((message) => message.seq > seq);
    if (waiting.length > 0) this.send(...waiting);
  }

  /** One frame: an object, or an array where there are several. */
  send(...messages: object[]): void {
    for (const message of messages as (Partial<InboxMessage> & { type?: number; payload?: { to_seq?: number } })[]) {
      const seq = message.seq ?? (message.type === -7 ? message.payload?.to_seq : undefined);
      if (seq === undefined) continue;
      this.#seqs.add(seq);
      this.#edge.gave(seq);
      this.#messagesSent++;
    }
    this.sendRaw(JSON.stringify(messages.length === 1 ? messages[0] : messages));
  }

  sendRaw(text: string | Buffer): void {
    this.#socket.send(text);
  }

  ack(id: string, status = "delivered"): void {
    this.ackAll([[id, status]]);
  }

  refuse(id: string, code: Parameters<typeof wireError>[0], as: -1 | -3 | -5 = -1): void {
    const error = { ...wireError(code), id };
    if (error.temporary) this.#refused.add(id);
    else this.#edge.mayLack(id);
    this.send({ type: as, payload: error, ...(as === -3 ? { src_id: "somebody", id } : {}) });
  }

  /** For the moment, on this connection, and it has not come again. */
  wasRefused(id: string | undefined): boolean {
    return id !== undefined && this.#refused.has(id);
  }

  close(code: number, reason = ""): void {
    this.#socket.close(code, reason);
  }

  /** No close frame: to the client it is 1006. */
  cut(): void {
    this.#socket.terminate();
  }

  ackAll(acks: [id: string, status: string][]): void {
    for (const [id] of acks) this.#edge.mayLack(id);
    if (this.isOpen) this.send({ type: -6, payload: { acks } });
  }

  #frame(text: string): void {
    if (text === "ping") {
      this.pings++;
      if (this.#edge.answersPings) this.sendRaw("pong");
      return;
    }
    this.frames.push(text);
    if (Buffer.byteLength(text) > this.#edge.maxFrameBytes)
      this.#edge.violation(`a frame of ${text.length} characters`);
    const value = JSON.parse(text) as Record<string, unknown> | Record<string, unknown>[];
    const messages = Array.isArray(value) ? value : [value];
    if (messages.length === 0 || messages.length > 256) this.#edge.violation(`a frame of ${messages.length} messages`);
    const acks: [string, string][] = [];
    for (const message of messages) {
      if (message["type"] === -6) this.#ack(message);
      else this.#message(message, acks);
    }
    if (acks.length > 0) this.ackAll(acks);
  }

  #ack(message: Record<string, unknown>): void {
    const edge = this.#edge;
    const { seq, ...more } = message["payload"] as { seq: number };
    const isPlain = Object.keys(message).length === 2 && Object.keys(more).length === 0;
    if (!isPlain || !Number.isInteger(seq)) edge.violation(`an ack ${JSON.stringify(message)}`);
    if (!this.#seqs.has(seq)) edge.violation(`an ack of ${seq}, which this connection never brought`);
    const last = this.acks.at(-1) ?? 0;
    if (seq <= last) edge.violation(`an ack of ${seq} after ${last}`);
    this.acks.push(seq);
    edge.acked(seq);
    // Counted from the beginning, since the network may bunch what was sent apart: one at once, one at the close.
    const most = 2 + (Date.now() - this.#welcomedAt) / ACK_EVERY_MS + this.#messagesSent / ACK_EVERY_MESSAGES;
    if (this.acks.length > most) edge.violation(`${this.acks.length} acks where ${most} are in order`);
  }

  #message(raw: Record<string, unknown>, acks: [string, string][]): void {
    const edge = this.#edge;
    for (const name of Object.keys(raw)) {
      if (!FIELDS.has(name) && !edge.allowedFields.has(name)) edge.violation(`a field ${name}`);
    }
    if (["dest_id", "dest_client_id", "dest_session_id"].every((name) => raw[name] === undefined)) {
      edge.violation(`no destination in ${JSON.stringify(raw)}`);
    }
    const id = raw["id"] as string | undefined;
    const message: SentMessage = { id, payload: raw["payload"], raw, connection: this };
    edge.received.push(message);
    if (raw["volatile"] === true) {
      if (id !== undefined) edge.violation(`a volatile message with the id ${id}`);
      return;
    }
    if (typeof id !== "string" || id.length > 64) {
      edge.violation(`an id ${id}`);
      return;
    }
    this.#inOrder(id, JSON.stringify(raw));
    if (!edge.known.get(id)!.isOpen) {
      // A duplicate is answered as the first was.
      acks.push([id, "delivered"]);
      return;
    }
    const verdict = edge.onMessage(message, this);
    if (typeof verdict === "object") {
      this.refuse(id, verdict.refuse, verdict.as);
      return;
    }
    if (verdict === "drop") return;
    if (!edge.taken.some((other) => other.id === id)) edge.taken.push(message);
    if (verdict === "ack") acks.push([id, "delivered"]);
  }

  /** On each connection what is open comes in the order of the first sending, and before anything newer. */
  #inOrder(id: string, text: string): void {
    const { known } = this.#edge;
    const isResend = this.#refused.delete(id);
    if (this.#ids.has(id) && !isResend) this.#edge.violation(`${id} came twice on one connection`);
    this.#ids.add(id);
    const before = known.get(id);
    if (before === undefined) known.set(id, { order: known.size, text, isOpen: true });
    else if (before.text !== text) this.#edge.violation(`${id} was ${before.text} and is ${text}`);
    const { order } = known.get(id)!;
    if (isResend) return;
    if (order < this.#order) this.#edge.violation(`${id} came after a newer one`);
    this.#order = order;
    for (const [other, { order: place, isOpen }] of known) {
      if (place >= order) break;
      if (isOpen && !this.#ids.has(other)) this.#edge.violation(`${id} came before ${other}, which is older and open`);
    }
  }
}
