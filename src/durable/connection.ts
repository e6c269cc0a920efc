/** One live socket of a node, and what of it outlives hibernation. */
import { ConnectionMeter, type RateLimits } from "../domain/connection-meter.ts";
import { Deque } from "../domain/deque.ts";
import type { HeldState } from "../domain/outlet.ts";
import type { Link } from "../domain/outlet.ts";
import { stampPrefix } from "../domain/stamp.ts";
import type { CloseCode } from "../protocol/close-codes.ts";
import type { ConnectionMode, SendMessage } from "../protocol/codec.ts";
import { acksMessage, packFrame, type AckStatus } from "../protocol/frames.ts";
import { LIMITS } from "../protocol/limits.ts";

/** Kept with the socket by the platform; at most 16 KiB, so field names are short. */
export interface Attachment {
  id: string;
  mode: ConnectionMode;
  /** When it opened, ms. */
  at: number;
  nodeId: string;
  clientId: string | undefined;
  /** Its key is an app node's. */
  app: boolean;
  held: HeldState;
  /** Closed from this side. */
  closed?: true;
}

export const NOTHING_HELD: HeldState = { runs: [], acked: 0, high: 0, beside: 0 };

/** Completes the closing handshake; for a hibernatable socket the platform leaves that to the object. */
export function answerClose(socket: WebSocket, code: number): void {
  // 1005 and 1006 say that there was no code; they must not be sent (RFC 6455 §7.4.1).
  const answer = code === 1005 || code === 1006 ? 1000 : code;
  try {
    socket.close(answer);
  } catch {
    // The platform has answered it, or the peer is gone.
  }
}

/** How a client that means to go closes: normally, by leaving the page, or without saying (RFC 6455 §7.4.1). */
export const CLEAN_CLOSES: ReadonlySet<number> = new Set([1000, 1001, 1005]);

export class Connection implements Link {
  readonly id: string;
  readonly mode: ConnectionMode;
  readonly openedAt: number;
  readonly meter: ConnectionMeter;
  /** Messages that came faster than the rate, each with the time from which it may go on. */
  readonly paced = new Deque<{ at: number; message: SendMessage }>();
  readonly #socket: WebSocket;
  readonly #lastHeartbeat: () => Date | null;
  #attachment: Attachment;
  #prefix: string;
  #acks: [string, AckStatus][] = [];
  #notices: string[] = [];

  constructor(socket: WebSocket, attachment: Attachment, rate: RateLimits, lastHeartbeat: () => Date | null) {
    this.#socket = socket;
    this.#lastHeartbeat = lastHeartbeat;
    this.#attachment = attachment;
    this.id = attachment.id;
    this.mode = attachment.mode;
    this.openedAt = attachment.at;
    this.meter = new ConnectionMeter(rate, Date.now());
    this.#prefix = stampPrefix({ srcId: attachment.nodeId, srcClientId: attachment.clientId });
  }

  get clientId(): string | undefined {
    return this.#attachment.clientId;
  }

  get app(): boolean {
    return this.#attachment.app;
  }

  get held(): HeldState {
    return this.#attachment.held;
  }

  /** The stamp of this connection's messages, up to the timestamp. */
  get prefix(): string {
    return this.#prefix;
  }

  /** The node belongs to another client from now on. */
  setClient(clientId: string | undefined): void {
    this.#attachment = { ...this.#attachment, clientId };
    this.#prefix = stampPrefix({ srcId: this.#attachment.nodeId, srcClientId: clientId });
    this.#socket.serializeAttachment(this.#attachment);
  }

  saveHeld(held: HeldState): void {
    this.#attachment = { ...this.#attachment, held };
    this.#socket.serializeAttachment(this.#attachment);
  }

  /** False where the socket is gone. */
  send(frame: string): boolean {
    try {
      this.#socket.send(frame);
      return true;
    } catch {
      return false;
    }
  }

  heardAt(): number {
    return this.#lastHeartbeat()?.getTime() ?? 0;
  }

  /** Tells the sender, with the next `flush`, what became of a message. */
  ack(id: string, status: AckStatus): void {
    this.#acks.push([id, status]);
  }

  /** Sends a message of the edge with the next `flush`. */
  notify(message: string): void {
    this.#notices.push(message);
  }

  /** Sends acks and notices, in one frame where the client takes arrays. */
  flush(): void {
    const messages = this.#notices;
    for (let i = 0; i < this.#acks.length; i += LIMITS.maxMessagesPerFrame) {
      messages.push(acksMessage(this.#acks.slice(i, i + LIMITS.maxMessagesPerFrame)));
    }
    if (messages.length === 0) return;
    this.#notices = [];
    this.#acks = [];
    if (this.mode === "classic") for (const message of messages) this.send(message);
    else {
      for (let i = 0; i < messages.length; i += LIMITS.maxMessagesPerFrame) {
        this.send(packFrame(messages.slice(i, i + LIMITS.maxMessagesPerFrame)));
      }
    }
  }

  close(code: CloseCode, reason: string): void {
    this.flush();
    try {
      this.#socket.serializeAttachment({ ...this.#attachment, held: NOTHING_HELD, closed: true });
      this.#socket.close(code, reason);
    } catch {
      // It is closed already.
    }
  }
}
