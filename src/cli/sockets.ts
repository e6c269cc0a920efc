/**
 * The sockets of one client, to do with them what the library has no part in: measure a heartbeat, look without acking, read what
 * the edge says of itself, and see them closed before the process ends.
 */
import type { WebSocketLike } from "../client/index.ts";

export interface SocketsOptions {
  /** False: nothing is acked, so that whatever comes stays where it is for others. */
  acks: boolean;
  /** Reads along. */
  onFrame?: (text: string) => void;
}

/** How the library writes its acks of what came. */
const ACK = '{"type":-6,';

export class Sockets {
  /** For the library's option of that name. */
  readonly WebSocket: new (url: string, protocols?: string[]) => WebSocketLike;
  /** See SocketsOptions; may be turned on later. */
  acks: boolean;
  readonly #open = new Set<WebSocket>();

  constructor({ acks, onFrame }: SocketsOptions) {
    this.acks = acks;
    const open = this.#open;
    const isHolding = () => !this.acks;
    this.WebSocket = class extends WebSocket {
      constructor(url: string, protocols?: string[]) {
        super(isHolding() ? withoutCursor(url) : url, protocols);
        open.add(this);
        this.addEventListener("close", () => open.delete(this));
        if (onFrame !== undefined) this.addEventListener("message", (event) => onFrame(String(event.data)));
      }

      override send(data: string): void {
        if (!isHolding() || !data.startsWith(ACK)) super.send(data);
      }
    };
  }

  /** What the edge chose of the subprotocols that it was offered. */
  get subprotocol(): string | undefined {
    return [...this.#open].at(-1)?.protocol;
  }

  /** Sends a heartbeat; resolves to the ms until it was answered, undefined where it was not in time. */
  ping(withinMs: number): Promise<number | undefined> {
    const socket = [...this.#open].at(-1);
    if (socket === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const sentAt = performance.now();
      const settle = (ms: number | undefined) => {
        clearTimeout(timer);
        socket.removeEventListener("message", heard);
        resolve(ms);
      };
      const heard = ({ data }: MessageEvent) => data === "pong" && settle(performance.now() - sentAt);
      const timer = setTimeout(() => settle(undefined), withinMs);
      socket.addEventListener("message", heard);
      socket.send("ping");
    });
  }

  /** Resolves when all are closed: what was written last, an ack perhaps, is out by then. */
  async closed(): Promise<void> {
    const closings = [...this.#open].map(
      (socket) => new Promise<void>((resolve) => socket.addEventListener("close", () => resolve(), { once: true })),
    );
    await Promise.all(closings);
  }
}

/** A cursor acks everything up to it, too. */
function withoutCursor(address: string): string {
  const url = new URL(address);
  url.searchParams.delete("epoch");
  url.searchParams.delete("last_seq");
  return url.toString();
}
