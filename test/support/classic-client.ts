/** A client as the original Allspark had them: no subprotocol, one JSON object a frame, no acks, no resume. */
import type WebSocket from "ws";
import { openSocket, preConnect, withParameters } from "./connect.ts";
import { Signal } from "./signal.ts";
import type { EdgeError, Message } from "./v1-client.ts";

/** The answer to a config request, its JSON string parsed. */
export interface ConfigResponse {
  messages?: string[];
  from_seq?: number | null;
  to_seq?: number | null;
  more?: boolean;
  server_timestamp_add_diff?: number;
  [field: string]: unknown;
}

export class ClassicClient {
  /** Everything with a type ≥ 0 or none. */
  readonly messages: Message[] = [];
  /** USER_OFFLINE (-4) and the other control messages, in order. */
  readonly controls: Message[] = [];
  readonly errors: EdgeError[] = [];
  readonly configs: ConfigResponse[] = [];
  closeCode: number | undefined;
  pongs = 0;
  readonly socket: WebSocket;
  readonly #signal: Signal;

  private constructor(socket: WebSocket, signal: Signal) {
    this.socket = socket;
    this.#signal = signal;
  }

  /** Connects in two steps; there is no WELCOME to wait for. `onFrame` gets every text frame, as it came. */
  static async connect(url: string, key: string, onFrame = (_text: string): void => {}): Promise<ClassicClient> {
    const { ws_url, validation_key } = await preConnect(url, key);
    const signal = new Signal();
    // Frames may come before the client is there to take them.
    const early: string[] = [];
    let take = (text: string): void => void early.push(text);
    let closed = (_code: number): void => {};
    const socket = await openSocket(withParameters(ws_url, { auth_key: key, validation_key }), [], (opening) => {
      opening.on("message", (data: Buffer) => take(data.toString()));
      opening.on("close", (code) => closed(code));
    });
    const client = new ClassicClient(socket, signal);
    take = (text) => {
      onFrame(text);
      client.#frame(text);
    };
    closed = (code) => {
      client.closeCode = code;
      signal.changed();
    };
    for (const text of early) take(text);
    return client;
  }

  send(message: Record<string, unknown>): void {
    this.socket.send(JSON.stringify(message));
  }

  until(holds: () => boolean, ms: number, what: string | (() => string)): Promise<void> {
    return this.#signal.until(holds, ms, what);
  }

  received(count: number, ms: number): Promise<void> {
    return this.until(
      () => this.messages.length >= count,
      ms,
      () => `${count} messages (there are ${this.messages.length})`,
    );
  }

  /** Sends a config request (-101) and waits for its answer (-102). */
  async config(payload: Record<string, unknown>, ms = 5_000): Promise<ConfigResponse> {
    const before = this.configs.length;
    this.send({ type: -101, payload: JSON.stringify(payload) });
    await this.until(() => this.configs.length > before, ms, "a config response");
    return this.configs[before] as ConfigResponse;
  }

  async close(): Promise<void> {
    this.socket.close(1000);
    await this.until(() => this.closeCode !== undefined, 5_000, "the close of the socket");
  }

  #frame(text: string): void {
    if (text === "pong") this.pongs += 1;
    else {
      const message = JSON.parse(text) as Message | Message[];
      if (Array.isArray(message)) throw new Error("an array reached a classic client");
      if (message.type === undefined || message.type >= 0) this.messages.push(message);
      else if (message.type === -1) this.errors.push(message.payload as EdgeError);
      else if (message.type === -102) this.configs.push(JSON.parse(message.payload as string) as ConfigResponse);
      else this.controls.push(message);
    }
    this.#signal.changed();
  }
}
