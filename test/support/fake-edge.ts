/**
 * An edge that speaks the protocol (PROTOCOL §2–§5) and does as a test tells it: for the moments that a real one cannot be brought
 * to. It has one node's inbox, and holds whatever a client sends against the protocol: what is wrong stands in `violations`, which
 * the `test` of test/unit/client/edge-test.ts expects to be empty.
 *
 * How to script it:
 * - HTTP: `edge.nextPreConnections.push(refusal(503, "UNAVAILABLE", { retryAfterS: 1 }))` answers the next pre-connection, and
 *   `edge.answers.set("GET /v1/sessions/s", body)` any other call; `edge.calls` has what was asked. `{ hang: true }` never answers,
 *   `{ cut: true }` tears the connection down.
 * - Keys: a key `alice:2` is one of node `alice`; those in `edge.refusedKeys` are refused with AUTH_INVALID.
 * - Upgrades: `edge.nextUpgrades.push(401)` refuses the next with that status.
 * - First frame: `edge.first = (connection) => connection.sendRaw("garbage")`; by default WELCOME and what waits in the inbox.
 * - To the client: `edge.deliver({ payload: 1 })` puts a message in the inbox and on the open connection;
 *   `edge.connection.send(…)` and `.sendRaw(…)` send anything else. What a client has not acked comes again.
 * - From the client: `edge.onMessage = (message) => "ack" | "hold" | "lose" | "drop" | { refuse: code }` decides of each message: acked at
 *   once, not yet (`edge.connection.ack(id)` does it later), taken with its ack lost, never read, or refused. `edge.received` has all that came,
 *   `edge.taken` each message once.
 * - Ends: `edge.connection.close(4009)`, or `.cut()` without a close frame. `edge.answersPings = false` makes it look dead.
 * - Resume: `edge.takesResume = false` refuses cursors; `edge.newEpoch()` is an edge that lost its memory.
 * What a test does to the client on purpose may look like a violation: say so with `edge.mayLack(id)` for a message that was given
 * up, and `edge.allowedFields` for an app's own.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type ErrorCode, wireError } from "../../src/protocol/errors.ts";
import { FakeConnection, type SentMessage } from "./fake-connection.ts";
import { Signal } from "./signal.ts";

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  hang?: boolean;
  cut?: boolean;
}

export interface Call {
  method: string;
  /** With its query, as it stood in the request. */
  path: string;
  key: string;
  body: unknown;
}

export type Verdict = "ack" | "hold" | "lose" | "drop" | { refuse: ErrorCode; as?: -1 | -3 | -5 };

/** A message in the inbox, as it goes to the client. */
export type InboxMessage = { seq: number } & Record<string, unknown>;

export function refusal(status: number, code: ErrorCode, { retryAfterS }: { retryAfterS?: number } = {}): Answer {
  const headers: Record<string, string> = retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) };
  return { status, headers, body: { error: wireError(code) } };
}

export class FakeEdge {
  readonly violations: string[] = [];
  readonly calls: Call[] = [];
  readonly connections: FakeConnection[] = [];
  readonly nextPreConnections: Answer[] = [];
  readonly answers = new Map<string, unknown>();
  readonly refusedKeys = new Set<string>();
  readonly nextUpgrades: number[] = [];
  readonly allowedFields = new Set<string>();
  /** Keys of pre-connections, in order. */
  readonly keys: string[] = [];
  /** Every message of the app that came, resends included. */
  readonly received: SentMessage[] = [];
  /** Those that are acked or will be, each id once. */
  readonly taken: SentMessage[] = [];
  readonly inbox: InboxMessage[] = [];
  first: (connection: FakeConnection) => void = (connection) => connection.welcome();
  onMessage: (message: SentMessage, connection: FakeConnection) => Verdict = () => "ack";
  answersPings = true;
  takesResume = true;
  heartbeatMs = 25_000;
  maxFrameBytes = 1024 * 1024;
  epoch = "epoch1";
  lastSeq = 0;
  ackedSeq = 0;
  url = "";
  /** By id, in the order in which they came the first time: text, and whether it is answered for good. */
  readonly known = new Map<string, { order: number; text: string; isOpen: boolean }>();
  readonly #signal = new Signal();
  readonly #server: Server = createServer((request, response) => void this.#http(request, response));
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: () => "allspark.v1",
    maxPayload: 2 ** 26,
  });
  /** Validation keys that were given: of which node, and whether they are used up. */
  readonly #validation = new Map<string, { key: string; isUsed: boolean }>();
  /** Cursors that a client may know: of each epoch the seqs of its WELCOMEs and messages. */
  readonly #cursors = new Map<string, Set<number>>();

  static async start(): Promise<FakeEdge> {
    const edge = new FakeEdge();
    edge.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      edge.#upgrade(request, socket, head);
    });
    await new Promise<void>((resolve) => edge.#server.listen(0, "127.0.0.1", resolve));
    edge.url = `http://127.0.0.1:${(edge.#server.address() as AddressInfo).port}`;
    return edge;
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.cut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The newest one. */
  get connection(): FakeConnection {
    const newest = this.connections.at(-1);
    if (newest === undefined) throw new Error("nobody has connected");
    return newest;
  }

  violation(text: string): void {
    this.violations.push(text);
  }

  changed(): void {
    this.#signal.changed();
  }

  /** Looked at whenever something comes from a client. */
  until(holds: () => boolean, what: string | (() => string), ms = 10_000): Promise<void> {
    return this.#signal.until(holds, ms, what);
  }

  /** The connection of that number, counted from 1, once it was welcomed. */
  async connected(number: number): Promise<FakeConnection> {
    await this.until(
      () => this.connections[number - 1]?.isWelcomed === true,
      () => `connection ${number} (there are ${this.connections.length})`,
    );
    return this.connections[number - 1]!;
  }

  /** Puts a message in the inbox, and on the open connection. Answers its seq. */
  deliver(...messages: Record<string, unknown>[]): number {
    const stamped = messages.map((message) => {
      const seq = ++this.lastSeq;
      this.gave(seq);
      return { seq, src_id: "sender", timestamp: Date.now(), ...message };
    });
    this.inbox.push(...stamped);
    const connection = this.connections.at(-1);
    if (connection?.isWelcomed === true && connection.isOpen) connection.send(...stamped);
    return this.lastSeq;
  }

  /** What a client may resume from. */
  gave(seq: number): void {
    const seqs = this.#cursors.get(this.epoch) ?? new Set();
    this.#cursors.set(this.epoch, seqs.add(seq));
  }

  acked(seq: number): void {
    this.ackedSeq = Math.max(this.ackedSeq, Math.min(seq, this.lastSeq));
    while (this.inbox.length > 0 && this.inbox[0]!.seq <= this.ackedSeq) this.inbox.shift();
  }

  /** The edge loses its numbering: what is in the inbox gets new seqs. */
  newEpoch(): void {
    this.epoch = `epoch${Number(this.epoch.slice(5)) + 1}`;
    this.lastSeq = this.ackedSeq = 0;
    for (const message of this.inbox) {
      message.seq = ++this.lastSeq;
      this.gave(message.seq);
    }
  }

  /** A client has given this message up, and need not send it again. */
  mayLack(id: string): void {
    const known = this.known.get(id);
    if (known !== undefined) known.isOpen = false;
  }

  async #http(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "" } = request;
    const key = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const text = await textOf(request);
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    this.calls.push({ method, path: url, key, body });
    const isPreConnection = url === "/v1/connections";
    if (isPreConnection) this.keys.push(key);
    const answer = this.#answer(`${method} ${url}`, key, isPreConnection);
    this.changed();
    if (answer.hang) return;
    if (answer.cut) {
      request.socket.destroy();
      return;
    }
    const { status = 200, headers = {} } = answer;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  }

  #answer(call: string, key: string, isPreConnection: boolean): Answer {
    if (isPreConnection) {
      const scripted = this.nextPreConnections.shift();
      if (scripted !== undefined) return scripted;
    }
    if (this.refusedKeys.has(key)) return refusal(401, "AUTH_INVALID");
    if (isPreConnection) return { body: this.#preConnection(key) };
    const scripted = this.answers.get(call.replace(/\?.*/, "")) ?? this.answers.get(call);
    if (scripted === undefined) return refusal(404, "NOT_FOUND");
    const body = typeof scripted === "function" ? (scripted as (call: Call) => unknown)(this.calls.at(-1)!) : scripted;
    return (body as { isAnswer?: boolean }).isAnswer ? (body as Answer) : { body };
  }

  #preConnection(key: string): object {
    const validationKey = `validation-${this.#validation.size + 1}`;
    this.#validation.set(validationKey, { key, isUsed: false });
    const { host } = new URL(this.url);
    return { node_id: "gateway", ws_url: `ws://${host}/v1/connect`, validation_key: validationKey };
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? "", this.url);
    const [protocol, auth = "", ...more] = (request.headers["sec-websocket-protocol"] ?? "").split(/,\s*/);
    const key = Buffer.from(auth.replace(/^auth\./, ""), "base64url").toString();
    if (pathname !== "/v1/connect") this.violation(`an upgrade of ${pathname}`);
    if (protocol !== "allspark.v1" || !auth.startsWith("auth.") || more.length > 0) {
      this.violation(`subprotocols ${request.headers["sec-websocket-protocol"]}`);
    }
    const validation = this.#validation.get(searchParams.get("validation_key") ?? "");
    if (validation === undefined) this.violation("an upgrade without a validation key of ours");
    else if (validation.isUsed) this.violation("a validation key was used twice");
    else validation.isUsed = true;
    for (const name of searchParams.keys()) {
      if (!["validation_key", "epoch", "last_seq"].includes(name)) this.violation(`a parameter ${name}`);
    }
    const resume = this.#resume(searchParams);
    const status = this.refusedKeys.has(key) ? 401 : this.nextUpgrades.shift();
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      this.changed();
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      const connection = new FakeConnection(this, opened, { key, resume });
      this.connections.push(connection);
      this.first(connection);
      this.changed();
    });
  }

  #resume(parameters: URLSearchParams): { epoch: string; seq: number } | undefined {
    const epoch = parameters.get("epoch");
    const seq = parameters.get("last_seq");
    if (epoch === null && seq === null) return undefined;
    if (epoch === null || seq === null || !/^\d+$/.test(seq)) {
      this.violation(`a cursor of epoch ${epoch} and last_seq ${seq}`);
      return undefined;
    }
    if (!this.#cursors.get(epoch)?.has(Number(seq)))
      this.violation(`resumes from ${epoch}/${seq}, which it was never given`);
    return { epoch, seq: Number(seq) };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
