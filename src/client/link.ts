/** One socket, from the two steps of connecting (PROTOCOL §2) to its end. It knows frames and heartbeats, not messages' meaning. */
import { AllsparkError, ConnectionError } from "./errors.ts";
import { type EdgeHttp } from "./http.ts";
import { text, type WireMessage, whole } from "./message.ts";
import type { Settings, WebSocketLike } from "./options.ts";
import { isTemporary } from "./reconnect.ts";
import type { Cursor } from "./storage/kept-state.ts";
import { WELCOME } from "./wire-types.ts";

/** The first frame from the edge. */
export interface Welcome {
  nodeId: string;
  connectionId: string;
  epoch: string;
  seq: number;
  heartbeatMs: number;
  maxFrameBytes: number;
  serverTime: number;
}

export interface LinkPort {
  welcome(welcome: Welcome): void;
  /** Everything else, a frame at a time. */
  frame(messages: readonly WireMessage[]): void;
  /** It broke, or never came about. Comes once. */
  ended(error: AllsparkError): void;
}

/** What is sent after so long a silence asks for a sign of life, too: nobody wants to find out half a minute later. */
const SILENCE_MS = 10_000;

export class Link {
  readonly #settings: Settings;
  readonly #port: LinkPort;
  #socket: WebSocketLike | undefined;
  #isWelcomed = false;
  #hasEnded = false;
  readonly #abort = new AbortController();
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #pongDue: ReturnType<typeof setTimeout> | undefined;
  #heardAt = 0;

  constructor(settings: Settings, port: LinkPort) {
    this.#settings = settings;
    this.#port = port;
  }

  /** Starts both steps; what comes of them is told to the port. */
  async open(http: EdgeHttp, resume: Cursor | undefined): Promise<void> {
    if (this.#hasEnded) return;
    this.#deadline = setTimeout(() => {
      this.end(new ConnectionError("TIMEOUT", "the edge did not answer in time", { temporary: true }));
    }, this.#settings.connectTimeoutMs);
    try {
      await http.freshKey();
      const { signal } = this.#abort;
      const answer = await http.call<Record<string, unknown>>("POST", "/v1/connections", { signal });
      // Where that one was refused, the call has fetched another.
      const key = await http.key;
      if (this.#hasEnded) return;
      const [address, validationKey] = [text(answer["ws_url"]), text(answer["validation_key"])];
      if (address === undefined || validationKey === undefined) {
        throw new AllsparkError("PROTOCOL", "the edge answered no ws_url: is this an Allspark?");
      }
      // React Native's URL cannot be changed.
      let url = `${address}${address.includes("?") ? "&" : "?"}validation_key=${encodeURIComponent(validationKey)}`;
      if (resume !== undefined) url += `&epoch=${encodeURIComponent(resume.epoch)}&last_seq=${resume.seq}`;
      // The key goes as a subprotocol: addresses end up in logs.
      this.#attach(new this.#settings.WebSocket(url, ["allspark.v1", `auth.${base64Url(key)}`]));
    } catch (error) {
      this.end(failure(error));
    }
  }

  #attach(socket: WebSocketLike): void {
    this.#socket = socket;
    socket.onmessage = (event: { data: unknown }) => this.#frame(event.data);
    // An error says nothing that the close after it does not.
    socket.onerror = () => {};
    socket.onclose = (event: { code: number; reason: string }) => {
      const { code: closeCode, reason } = event;
      const message = `the connection ${this.#isWelcomed ? "closed" : "was refused"} (${closeCode} ${reason})`;
      this.end(new ConnectionError("DISCONNECTED", message, { temporary: isTemporary(closeCode), closeCode }));
    };
  }

  #frame(data: unknown): void {
    if (this.#hasEnded) return;
    // Whatever comes is a sign of life.
    clearTimeout(this.#pongDue);
    this.#pongDue = undefined;
    this.#heardAt = Date.now();
    if (data === "pong") return;
    try {
      const value: unknown = JSON.parse(String(data));
      const messages = (Array.isArray(value) ? value : [value]) as WireMessage[];
      if (messages.some((message) => Object(message) !== message)) throw new TypeError("not a message");
      if (!this.#isWelcomed) {
        const first = messages.shift();
        if (first?.["type"] !== WELCOME) throw new TypeError("the first frame was no WELCOME");
        this.#welcome(welcomeOf(first));
      }
      if (messages.length > 0 && !this.#hasEnded) this.#port.frame(messages);
    } catch (error) {
      const message = `the edge sent what it should not (${(error as Error).message}): is this an Allspark?`;
      this.end(new ConnectionError("PROTOCOL", message, { temporary: true, cause: error }));
    }
  }

  #welcome(welcome: Welcome): void {
    this.#isWelcomed = true;
    clearTimeout(this.#deadline);
    this.#heartbeat = setInterval(() => this.probe(this.#settings.pongTimeoutMs), welcome.heartbeatMs);
    this.#port.welcome(welcome);
    // Local workerd tells a client that has never sent anything of a close 10 s late (docs/protocol.md).
    this.probe(this.#settings.pongTimeoutMs);
  }

  /** Asks for a sign of life within so many ms, and ends the link where none comes: a dead socket may look open for hours. */
  probe(withinMs: number): void {
    if (!this.#isWelcomed || this.#pongDue !== undefined) return;
    this.#pongDue = setTimeout(() => {
      this.end(new ConnectionError("TIMEOUT", "the edge gave no sign of life", { temporary: true }));
    }, withinMs);
    this.send("ping");
  }

  /** False where the link is not open. */
  send(frame: string): boolean {
    if (!this.#isWelcomed || this.#hasEnded || this.#socket === undefined) return false;
    if (Date.now() - this.#heardAt > SILENCE_MS) this.probe(this.#settings.pongTimeoutMs);
    try {
      this.#socket.send(frame);
    } catch {
      // It is closing: what was sent goes again on the next.
      return false;
    }
    return true;
  }

  /** Ends it, once; the port is told of errors. */
  end(error?: AllsparkError): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#deadline);
    clearTimeout(this.#pongDue);
    clearInterval(this.#heartbeat);
    this.#abort.abort();
    const socket = this.#socket;
    if (socket !== undefined) {
      socket.onmessage = socket.onclose = null;
      // The handler for errors stays: closing a socket that is not open yet is one.
      try {
        socket.close(1000);
      } catch {
        // It was closed already.
      }
    }
    if (error !== undefined) this.#port.ended(error);
  }
}

/** A WebSocket may throw, for an address that it does not take. */
function failure(error: unknown): AllsparkError {
  if (error instanceof AllsparkError) return error;
  return new ConnectionError("NETWORK", `no socket: ${String(error)}`, { temporary: true, cause: error });
}

function welcomeOf(message: WireMessage): Welcome {
  const payload = (message["payload"] ?? {}) as Record<string, unknown>;
  return {
    nodeId: text(payload["node_id"]) ?? "",
    connectionId: text(payload["connection_id"]) ?? "",
    epoch: text(payload["epoch"]) ?? "",
    seq: whole(payload["seq"]) ?? 0,
    heartbeatMs: whole(payload["heartbeat_ms"]) ?? 25_000,
    maxFrameBytes: whole(payload["max_frame_bytes"]) ?? 1024 * 1024,
    serverTime: whole(payload["server_time"]) ?? Date.now(),
  };
}

/** Of a key, which is ASCII in every form that there is. */
function base64Url(key: string): string {
  return btoa(key).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
