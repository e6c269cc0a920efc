/** The live sockets of a node: found again after hibernation, bounded in number. */
import type { RateLimits } from "../domain/connection-meter.ts";
import { type Attachment, Connection } from "./connection.ts";

export class NodeSockets {
  readonly #ctx: DurableObjectState;
  readonly #rate: RateLimits;
  readonly #bySocket = new Map<WebSocket, Connection>();
  readonly #byId = new Map<string, Connection>();
  readonly #ending = new WeakMap<WebSocket, Connection>();

  /** Takes over the sockets that the platform kept open, oldest first. */
  constructor(ctx: DurableObjectState, rate: RateLimits) {
    this.#ctx = ctx;
    this.#rate = rate;
    // Answered by the platform: a heartbeat neither wakes the object nor costs anything.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    const open = ctx.getWebSockets().filter((socket) => socket.readyState === WebSocket.OPEN);
    const found = open.map((socket) => ({ socket, attachment: socket.deserializeAttachment() as Attachment }));
    for (const { socket, attachment } of found.toSorted((a, b) => a.attachment.at - b.attachment.at)) {
      this.#add(socket, attachment);
    }
  }

  get size(): number {
    return this.#byId.size;
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#byId.values();
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  /** Undefined for a socket that was closed from this side. */
  of(socket: WebSocket): Connection | undefined {
    return this.#bySocket.get(socket);
  }

  /**
   * A socket whose end woke this object: the platform did not list it at the start, but its last frames
   * may still come. Undefined for one that was closed from this side.
   */
  ending(socket: WebSocket): Connection | undefined {
    const known = this.#ending.get(socket);
    const attachment = socket.deserializeAttachment() as Attachment | null;
    if (known !== undefined || attachment === null || attachment.closed) return known;
    const connection = this.#connection(socket, attachment);
    this.#ending.set(socket, connection);
    return connection;
  }

  accept(socket: WebSocket, attachment: Attachment): Connection {
    this.#ctx.acceptWebSocket(socket);
    socket.serializeAttachment(attachment);
    return this.#add(socket, attachment);
  }

  remove(connection: Connection): void {
    this.#byId.delete(connection.id);
    for (const [socket, candidate] of this.#bySocket) if (candidate === connection) this.#bySocket.delete(socket);
  }

  /** Those past the limit, oldest first. */
  beyond(limit: number): Connection[] {
    return [...this.#byId.values()].slice(0, Math.max(0, this.#byId.size - limit));
  }

  #connection(socket: WebSocket, attachment: Attachment): Connection {
    const lastHeartbeat = () => this.#ctx.getWebSocketAutoResponseTimestamp(socket);
    return new Connection(socket, attachment, this.#rate, lastHeartbeat);
  }

  #add(socket: WebSocket, attachment: Attachment): Connection {
    const connection = this.#connection(socket, attachment);
    this.#bySocket.set(socket, connection);
    this.#byId.set(connection.id, connection);
    return connection;
  }
}
