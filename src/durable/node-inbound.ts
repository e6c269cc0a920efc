/** Frames from a node's own connections: checked, metered, stamped, and put into lanes. */
import { laneMessage, type LaneMessage, type LaneStatus } from "../domain/lane.ts";
import { stamped } from "../domain/stamp.ts";
import { CLOSE, type CloseCode } from "../protocol/close-codes.ts";
import { type ConfigMessage, decodeFrame, type InboundMessage, type SendMessage } from "../protocol/codec.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import {
  errorMessage,
  nodeNotRegisteredMessage,
  sessionUnauthorizedMessage,
  userOfflineMessage,
} from "../protocol/frames.ts";
import { LIMITS } from "../protocol/limits.ts";
import { fitsUtf8 } from "../protocol/utf8.ts";
import { sessionMessage } from "./session-message.ts";
import type { Connection } from "./connection.ts";

export interface InboundPort {
  readonly clusterId: string;
  /** Puts a stamped message into the lane of its destination; false where that is full. */
  offer(to: SendMessage["to"], dest: string, message: LaneMessage, settle: (status: LaneStatus) => void): boolean;
  acked(connection: Connection, seq: number): void;
  config(connection: Connection, message: ConfigMessage): void;
  close(connection: Connection, code: CloseCode, reason: string): void;
  /** Something is to be sent at the end of this tick. */
  changed(): void;
}

export class Inbound {
  readonly #port: InboundPort;
  /** Names this life of the object in ids that the edge makes up. */
  readonly #life = crypto.randomUUID();
  #count = 0;
  readonly #pacing = new Set<Connection>();
  #pacer: ReturnType<typeof setTimeout> | undefined;

  constructor(port: InboundPort) {
    this.#port = port;
  }

  /** Handles one frame of a connection. */
  frame(connection: Connection, data: string | ArrayBuffer): void {
    const now = Date.now();
    if (typeof data === "string" ? !fitsUtf8(data, LIMITS.maxFrameBytes) : data.byteLength > LIMITS.maxFrameBytes) {
      const limit = `frames are at most ${LIMITS.maxFrameBytes} bytes`;
      connection.notify(errorMessage("TOO_LARGE", limit));
      return this.#port.close(connection, CLOSE.FRAME_TOO_LARGE, limit);
    }
    if (typeof data !== "string") {
      this.#bad(connection, "BAD_FRAME", "it is binary", undefined, now);
    } else {
      for (const message of decodeFrame(data, connection.mode)) this.#message(connection, message, now);
    }
    if (connection.meter.overrun) this.#port.close(connection, CLOSE.RATE_LIMITED, "far over the rate limit");
    this.#port.changed();
  }

  /** What a closing connection had already sent goes on at once. */
  finish(connection: Connection): void {
    this.#pacing.delete(connection);
    for (const { message } of connection.paced.drain()) this.#forward(connection, message, Date.now());
  }

  #message(connection: Connection, message: InboundMessage, now: number): void {
    if (message.kind === "send") return this.#send(connection, message, now);
    connection.meter.charge(now);
    if (message.kind === "ack") this.#port.acked(connection, message.seq);
    else if (message.kind === "config") this.#port.config(connection, message);
    else if (message.kind === "bad") this.#bad(connection, message.code, message.detail, message.id, now);
  }

  #bad(connection: Connection, code: ErrorCode, detail: string, id: string | undefined, now: number): void {
    connection.notify(errorMessage(code, detail, id));
    if (connection.meter.countError(now)) {
      this.#port.close(connection, CLOSE.PROTOCOL_ERRORS, "too many protocol errors within a minute");
    }
  }

  #send(connection: Connection, message: SendMessage, now: number): void {
    const owedMs = connection.meter.admit(message.text.length, now);
    if (owedMs === Infinity) {
      connection.notify(errorMessage("RATE_LIMITED", undefined, message.id));
    } else if (owedMs === 0 && connection.paced.size === 0) {
      this.#forward(connection, message, now);
    } else {
      connection.paced.push({ at: now + owedMs, message });
      this.#pacing.add(connection);
      this.#pace(now);
    }
  }

  #pace(now: number): void {
    if (this.#pacer !== undefined || this.#pacing.size === 0) return;
    const next = Math.min(...[...this.#pacing].map((connection) => connection.paced.peek()?.at ?? Infinity));
    this.#pacer = setTimeout(
      () => {
        this.#pacer = undefined;
        this.#forwardDue(Date.now());
        this.#port.changed();
      },
      Math.max(1, next - now),
    );
  }

  #forwardDue(now: number): void {
    for (const connection of this.#pacing) {
      for (let due = connection.paced.peek(); due !== undefined && due.at <= now; due = connection.paced.peek()) {
        connection.paced.shift();
        this.#forward(connection, due.message, now);
      }
      if (connection.paced.size === 0) this.#pacing.delete(connection);
    }
    this.#pace(now);
  }

  #forward(connection: Connection, message: SendMessage, now: number): void {
    const { id, to, dest } = message;
    if (message.cluster !== undefined && message.cluster !== this.#port.clusterId) {
      return connection.notify(errorMessage("UNKNOWN_CLUSTER", undefined, id));
    }
    const lane = this.#laneMessage(connection, message, now);
    if (!fitsUtf8(lane.tail, LIMITS.maxMessageBytes))
      return connection.notify(errorMessage("TOO_LARGE", undefined, id));
    const taken = this.#port.offer(to, dest, lane, (status) => {
      this.#settled(connection, message, status);
    });
    if (!taken) connection.notify(errorMessage("SLOW_DOWN", undefined, id));
  }

  /** A message as it travels: stamped, but for one to a session. */
  #laneMessage(connection: Connection, message: SendMessage, now: number): LaneMessage {
    const unnamed = `${this.#life}-${this.#count++}`;
    if (message.to === "session") return sessionMessage(message, connection, unnamed, now);
    return laneMessage(message, stamped(connection.prefix, now, message.text), now, unnamed);
  }

  #settled(connection: Connection, { id, to, dest, volatile }: SendMessage, status: LaneStatus): void {
    switch (status) {
      case "delivered":
      case "stored":
      case "offline":
        if (connection.mode === "v1") {
          if (id !== undefined && !volatile) connection.ack(id, status === "delivered" ? "delivered" : "stored");
        } else if (status === "offline" && to === "node") {
          connection.notify(userOfflineMessage(dest, id));
        }
        break;
      case "dropped":
        break;
      case "SESSION_UNAUTHORIZED":
        connection.notify(sessionUnauthorizedMessage(dest, id));
        break;
      case "behind":
        // Nobody but a member's object answers this, and only to a session.
        break;
      case "NODE_NOT_REGISTERED":
        connection.notify(nodeNotRegisteredMessage(dest, id));
        break;
      default:
        connection.notify(errorMessage(status, undefined, id));
    }
    this.#port.changed();
  }
}
