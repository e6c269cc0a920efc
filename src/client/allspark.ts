/** A node of Allspark, for apps: ties the connection, what goes out and what comes in together. */
import { createNanoEvents } from "nanoevents";
import type { WireError } from "../protocol/errors.ts";
import { Connection } from "./connection.ts";
import { AllsparkError, asError, closedError, reasonOf, RefusedError } from "./errors.ts";
import type { AllsparkEvents } from "./events.ts";
import { EdgeHttp } from "./http.ts";
import { Inbox } from "./inbox.ts";
import {
  fromWire,
  type IncomingMessage,
  type OutgoingMessage,
  type Receipt,
  text,
  type WireMessage,
  whole,
} from "./message.ts";
import { MessageStream } from "./message-stream.ts";
import { type AllsparkOptions, settingsOf } from "./options.ts";
import { PushTargets } from "./push.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { type SessionEvent, sessionEventOf } from "./sessions/session-event.ts";
import { Sessions } from "./sessions/sessions.ts";
import type { Status } from "./status.ts";
import { KeptState } from "./storage/kept-state.ts";
import { ACK, ERROR, GAP, NODE_NOT_REGISTERED, SESSION_UNAUTHORIZED } from "./wire-types.ts";

/**
 * A node: connects, stays connected, sends until it is acked, and gives the app each message once and in order.
 *
 * @example
 * ```ts
 * import { Allspark } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * allspark.on("message", (message) => console.log(message.from, message.payload));
 * await allspark.connect();
 * const { status } = await allspark.send({ to: "bob", payload: "hello" });
 * console.log(status); // "delivered", or "stored" where bob is away
 * ```
 */
export class Allspark {
  /** Creating, joining, reading and following sessions. */
  readonly sessions: Sessions;
  /** What waits for this node, read without a socket. */
  readonly inbox: Inbox;
  /** Where this node is woken while it is away. */
  readonly push: PushTargets;
  readonly #emitter = createNanoEvents<AllsparkEvents>();
  /** For views of sessions, which must not wait for the app. */
  readonly #notices = createNanoEvents<{ notice: AllsparkEvents["session"] }>();
  readonly #kept: KeptState;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #connection: Connection;
  readonly #streams = new Set<MessageStream>();
  #nodeId: string | undefined;

  /** Throws AllsparkError BAD_OPTION naming what is wrong. Nothing is connected before `connect()`. */
  constructor(options: AllsparkOptions) {
    const settings = settingsOf(options);
    const http = new EdgeHttp(settings);
    this.#kept = new KeptState(settings.storage, (error) => this.#emit("error", error));
    this.#receiver = new Receiver(
      {
        give: (message) => this.#give(message),
        ack: (seq) => void this.#connection.send(JSON.stringify({ type: ACK, payload: { seq } })),
      },
      this.#kept,
    );
    this.#sender = new Sender(
      {
        write: (frame) => this.#connection.send(frame),
        settled: (message) => this.#emit("settled", message),
        full: () => this.#emit("full"),
        drain: () => this.#emit("drain"),
        ...settings,
      },
      this.#kept,
    );
    this.#connection = new Connection(settings, http, {
      prepare: async () => {
        const { seen, unacked } = await this.#kept.load();
        return () => {
          this.#receiver.restore(seen);
          this.#sender.restore(unacked);
        };
      },
      resume: () => this.#receiver.cursor,
      connected: ({ nodeId, epoch, seq, maxFrameBytes }) => {
        this.#kept.belongsTo(nodeId);
        this.#nodeId = nodeId;
        this.#receiver.connected({ epoch, seq });
        this.#sender.connected(maxFrameBytes);
      },
      frame: (messages) => this.#frame(messages),
      disconnected: () => {
        this.#receiver.disconnected();
        this.#sender.disconnected();
      },
      status: (status) => {
        if (status.state === "failed" || status.state === "closed") {
          void this.#kept.close();
          this.#sender.abandon(status.state === "failed" ? status.error : closedError());
        }
        this.#emit("status", status);
      },
    });
    const nodeId = () => this.#ownId();
    this.sessions = new Sessions(http, {
      send: (message) => this.send(message),
      on: (event, listener) => this.on(event, listener),
      onNotice: (listener) => this.#notices.on("notice", listener),
      tell: (event) => {
        this.#notice(event);
        this.#emit("session", event);
      },
    });
    this.inbox = new Inbox(http, nodeId);
    this.push = new PushTargets(http, nodeId);
  }

  /** Of the connection, as it is now; "status" tells when it changes. */
  get status(): Status {
    return this.#connection.status;
  }

  /** This node's id, once an edge has said it. */
  get nodeId(): string | undefined {
    return this.#nodeId;
  }

  /** Messages that are not acked yet. */
  get unacked(): number {
    return this.#sender.size;
  }

  /**
   * Connects, and stays connected until `close()`. Resolves when it is connected the first time; rejects where coming back would be
   * wrong (see {@link Status}), where the store is another node's, or with the signal's reason, which also ends trying.
   */
  async connect(options: { signal?: AbortSignal } = {}): Promise<void> {
    if (options.signal?.aborted) throw reasonOf(options.signal);
    this.#connection.open();
    await this.#untilConnected(options.signal);
  }

  #untilConnected(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (status: Status): boolean => {
        if (status.state === "connected") resolve();
        else if (status.state === "failed") reject(status.error);
        else if (status.state === "closed") reject(closedError());
        else return false;
        return true;
      };
      if (settle(this.status)) return;
      const aborted = () => {
        stop();
        void this.close();
        reject(reasonOf(signal));
      };
      const stop = this.on("status", (status) => {
        if (!settle(status)) return;
        stop();
        signal?.removeEventListener("abort", aborted);
      });
      signal?.addEventListener("abort", aborted, { once: true });
    });
  }

  /**
   * Closes the connection and ends `messages()`. What was not acked rejects with CLOSED and, where there is a store, goes out
   * after the next `connect()`; await `flushed()` before to see everything acked.
   */
  async close(): Promise<void> {
    this.#receiver.flush();
    for (const stream of [...this.#streams]) stream.end();
    this.#connection.close();
    await this.#kept.close();
  }

  /**
   * Sends a message. Resolves when the edge has it safe: `delivered` or `stored`. Until then it is kept, and sent again after
   * each reconnect, under the same id. Rejects with {@link RefusedError} where the edge refuses it, {@link QueueFullError} where too
   * many wait, TOO_LARGE or BAD_OPTION, or with the signal's reason: an aborted message is not sent again, but may have arrived.
   */
  async send(message: OutgoingMessage, options: { signal?: AbortSignal } = {}): Promise<Receipt> {
    if (options.signal?.aborted) throw reasonOf(options.signal);
    if (this.status.state === "failed") throw this.status.error;
    if (this.status.state === "closed") throw closedError();
    return this.#sender.send(message, options.signal);
  }

  /**
   * Resolves when every message sent so far, and since, was acked or refused. Rejects where the client is closed or fails
   * before that.
   */
  flushed(): Promise<void> {
    return this.#sender.idle();
  }

  /**
   * Listens. Answers what stops it. Messages wait until somebody listens to "message" or reads `messages()`; where several do, each
   * gets every message, and it counts as taken when all of them are through. Gaps and what sessions tell wait as long as nobody
   * listens to anything that comes.
   */
  on<K extends keyof AllsparkEvents>(event: K, listener: AllsparkEvents[K]): () => void {
    const stop = this.#emitter.on(event, listener);
    queueMicrotask(() => this.#receiver.pump());
    return stop;
  }

  /**
   * Messages as they come, one at a time: the next is given, and this one acked, when the loop asks for it. So an app that is slow
   * makes the edge keep what it cannot take yet.
   */
  messages(): AsyncIterableIterator<IncomingMessage, undefined, void> {
    return new MessageStream(
      (stream) => {
        this.#streams.add(stream);
        queueMicrotask(() => this.#receiver.pump());
      },
      (stream) => this.#streams.delete(stream),
    );
  }

  async #ownId(): Promise<string> {
    if (this.#nodeId === undefined && this.status.state !== "idle") await this.#untilConnected();
    if (this.#nodeId !== undefined) return this.#nodeId;
    throw new AllsparkError("DISCONNECTED", "connect() first: only the edge knows this node's id", { temporary: true });
  }

  #frame(messages: readonly WireMessage[]): void {
    for (const message of messages) {
      const { type } = message;
      if (type === ACK) this.#acks(message);
      else if (type === ERROR || type === NODE_NOT_REGISTERED || type === SESSION_UNAUTHORIZED) {
        this.#refusal(message["payload"] as WireError & { id?: string });
      } else if (typeof type !== "number" || type >= 0 || type === GAP) {
        const event = sessionEventOf(message);
        if (event !== undefined) this.#notice(event);
        this.#receiver.received(message);
      }
    }
    this.#receiver.pump();
  }

  #notice(event: SessionEvent): void {
    try {
      this.#notices.emit("notice", event);
    } catch (error) {
      this.#handlerFailed(error);
    }
  }

  #acks({ payload }: WireMessage): void {
    const { acks } = payload as { acks: [id: string, status: Receipt["status"]][] };
    for (const [id, status] of acks) this.#sender.acked(id, status);
  }

  #refusal(error: WireError & { id?: string }): void {
    if (error.id === undefined || !this.#sender.refused(error.id, error)) this.#emit("error", new RefusedError(error));
  }

  #give(message: WireMessage): Promise<void> | boolean {
    const { message: messages, session, gap: gaps } = this.#emitter.events;
    // An app that only sends must not take anything from the inbox that another start of it may want.
    if (this.#streams.size === 0 && !messages?.length && !session?.length && !gaps?.length) return false;
    if (message["type"] === GAP) {
      const gap = (message["payload"] ?? {}) as Record<string, unknown>;
      this.#emit("gap", {
        session: text(gap["session_id"]),
        fromSeq: whole(gap["from_seq"]) ?? 0,
        toSeq: whole(gap["to_seq"]) ?? 0,
        reason: text(gap["reason"]) ?? "",
      });
      return true;
    }
    const event = sessionEventOf(message);
    if (event !== undefined) {
      this.#emit("session", event);
      return true;
    }
    return this.#giveToApp(fromWire(message));
  }

  #giveToApp(message: IncomingMessage): Promise<void> | boolean {
    const listeners = this.#emitter.events.message ?? [];
    if (listeners.length === 0 && this.#streams.size === 0) return false;
    const takers: Promise<unknown>[] = [...this.#streams].map((stream) => stream.offer(message));
    for (const listener of listeners) {
      try {
        const taken = listener(message);
        // Handlers may answer anything: `(m) => list.push(m)` answers a number.
        if (typeof taken?.then === "function")
          takers.push(taken.then(undefined, (error: unknown) => this.#handlerFailed(error)));
      } catch (error) {
        this.#handlerFailed(error);
      }
    }
    return takers.length === 0 || Promise.all(takers).then(() => {});
  }

  /** A message that a handler failed on counts as taken: it would fail on it again, and on nothing else for ever. */
  #handlerFailed(error: unknown): void {
    this.#emit("error", asError(error, "HANDLER", "a handler of the app failed"));
  }

  /** Handlers must not break the library, nor each other. */
  #emit<K extends Exclude<keyof AllsparkEvents, "message">>(event: K, ...given: Parameters<AllsparkEvents[K]>): void {
    const listeners = (this.#emitter.events[event] ?? []) as ((...given: Parameters<AllsparkEvents[K]>) => void)[];
    if (event === "error" && listeners.length === 0) console.error("allspark:", given[0]);
    for (const listener of listeners) {
      try {
        listener(...given);
      } catch (error) {
        if (event === "error") console.error("allspark:", error);
        else this.#handlerFailed(error);
      }
    }
  }
}
