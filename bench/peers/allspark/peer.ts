/** Allspark over allspark.v1: acks what it gets every 20 ms or 64 messages, as PROTOCOL §4 asks of clients. */
import type WebSocket from "ws";
import { openSocket, preConnect, withParameters } from "../../../test/support/connect.ts";
import { mintJwt } from "../../../test/support/keys.ts";
import type { Peer, PeerEvents, PeerNode } from "../peer.ts";

const ACK_EVERY_MS = 20;
const ACK_EVERY_MESSAGES = 64;

interface Frame {
  type?: number;
  id: string;
  seq?: number;
  payload?: { acks?: [string, string][]; code?: string };
}

export function allspark(url: string, secret: string): Peer {
  return {
    name: "allspark",
    acks: true,
    connect: async (nodeId, events) => {
      const auth_key = mintJwt(nodeId, secret);
      const { ws_url, validation_key } = await preConnect(url, auth_key);
      const node = new AllsparkNode(events);
      const socket = await openSocket(
        withParameters(ws_url, { auth_key, validation_key }),
        ["allspark.v1"],
        (opening) => {
          opening.on("message", (data: Buffer) => node.frame(data.toString()));
          opening.on("close", (code: number) => node.closed(code));
        },
      );
      node.socket = socket;
      return node;
    },
  };
}

class AllsparkNode implements PeerNode {
  socket: WebSocket | undefined;
  readonly #events: PeerEvents;
  #seq = 0;
  #unacked = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(events: PeerEvents) {
    this.#events = events;
  }

  send(texts: string[]): void {
    this.socket?.send(texts.length === 1 ? (texts[0] as string) : `[${texts.join(",")}]`);
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.socket?.terminate();
  }

  closed(code: number): void {
    if (!this.#ended) throw new Error(`the edge closed a connection with ${code}`);
  }

  frame(text: string): void {
    const frame = JSON.parse(text) as Frame | Frame[];
    if (Array.isArray(frame)) for (const message of frame) this.#message(message);
    else this.#message(frame);
  }

  #message(message: Frame): void {
    if (message.seq !== undefined) {
      this.#seq = message.seq;
      this.#unacked += 1;
      if (this.#unacked >= ACK_EVERY_MESSAGES) this.#ack();
      else this.#timer ??= setTimeout(() => this.#ack(), ACK_EVERY_MS);
      this.#events.received(message.id);
    } else if (message.type === -6) {
      for (const [id] of message.payload?.acks ?? []) this.#events.closed(id);
    } else if (message.type === -1) this.#events.refused();
  }

  #ack(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unacked = 0;
    if (!this.#ended) this.socket?.send(`{"type":-6,"payload":{"seq":${this.#seq}}}`);
  }
}
