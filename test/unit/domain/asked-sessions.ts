/** A node with one connection whose sessions answer when the test tells them to, with its timers, alarm and clock. */
import { vi } from "vitest";
import type { LaneMessage } from "../../../src/domain/lane.ts";
import { LaneReceiver } from "../../../src/domain/lane-receiver.ts";
import type { SessionWake } from "../../../src/domain/push/session-wake.ts";
import { NodeSessions } from "../../../src/durable/node-sessions.ts";
import type { CatchUpPage } from "../../../src/durable/session-rpc.ts";
import { SqlNodeSessionStore } from "../../../src/durable/sql/node-session-store.ts";
import type { ConnectionMode } from "../../../src/protocol/codec.ts";
import { settled } from "./lane-port.ts";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

interface Asked {
  what: string;
  page(page: Omit<CatchUpPage & { gone: false }, "gone">): Promise<void>;
  answer(isCurrent?: boolean): Promise<void>;
  fail(): Promise<void>;
}

export class AskedSessions {
  readonly node = new OutboxNode();
  readonly link: FakeLink;
  /** Every call so far, oldest first. */
  readonly asked: Asked[] = [];
  /** Every call fails at once. */
  isDown = false;
  /** There is a way to push to the node. */
  wantsWakes = false;
  /** What it may be pushed to for, oldest first. */
  readonly missed: (SessionWake & { sessionId: string })[] = [];
  sessions!: NodeSessions;
  alarmAt: number | undefined;
  #timers: { at: number; callback: () => void }[] = [];
  #position = 0;

  /** The node lacks something of each session, and then connects. Its client only gets what it lacks with a `tick`. */
  constructor(mode: ConnectionMode, ...sessionIds: string[]) {
    this.link = new FakeLink("L", mode);
    this.node.now = Date.now();
    this.#start();
    for (const sessionId of sessionIds) this.sessions.join(sessionId, { watched: false, lacksFrom: 1, from: 1 });
    this.node.connect(this.link);
  }

  #start(): void {
    this.#timers = [];
    const wantsWakes = () => this.wantsWakes;
    this.sessions = new NodeSessions(new SqlNodeSessionStore(this.node.storage), {
      nodeId: "a",
      session: (sessionId) => ({
        catchUp: (_, from) => this.#ask(`${sessionId} from ${from}`),
        caughtUp: (_, from) => this.#ask(`${sessionId} has ${from}`),
        presence: (_, isOnline) => this.#ask(`${sessionId} ${isOnline ? "online" : "offline"}`),
        wakes: (_, wakes) => this.#ask(`${sessionId} ${wakes ? "wakes" : "lets sleep"}`),
      }),
      wantsWakes,
      missed: (sessionId, wake) => {
        this.missed.push({ sessionId, ...wake });
        return this.node.now + 1_000;
      },
      outbox: this.node.outbox,
      receiver: new LaneReceiver(10),
      changed: () => queueMicrotask(this.tick),
      after: (delayMs, callback) => void this.#timers.push({ at: this.node.now + delayMs, callback }),
      random: () => 0.5,
    });
  }

  #ask<T>(what: string): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call: Asked = {
      what,
      page: (page) => (resolve({ gone: false, ...page }), settled()),
      answer: (isCurrent) => (resolve(isCurrent), settled()),
      fail: () => (reject(new Error("the session is down")), settled()),
    };
    this.asked.push(call);
    if (this.isDown) void call.fail();
    return promise as Promise<T>;
  }

  /** As the end of a tick of NodeObject. */
  tick = (): void => {
    this.node.tick();
    this.sessions.endOfTick();
    const at = this.sessions.alarmAt;
    if (at !== undefined) this.alarmAt = Math.min(at, this.alarmAt ?? Infinity);
  };

  /** A session calls with messages of these session_seqs. */
  call(sessionId: string, ...seqs: number[]) {
    return this.callWith(sessionId, ...seqs.map((seq) => message(seq)));
  }

  callWith(sessionId: string, ...messages: LaneMessage[]) {
    const batch = { lane: sessionId, src: sessionId, first: this.#position, start: true, messages };
    this.#position += messages.length;
    return this.sessions.deliver(sessionId, batch);
  }

  unreadFrom = () => new SqlNodeSessionStore(this.node.storage).all().map((session) => session.unreadFrom);
  what = () => this.asked.map((call) => call.what);

  get timers(): number {
    return this.#timers.length;
  }

  /** Is there anything for which the object has to stay in memory? */
  get mayHibernate(): boolean {
    return this.#timers.length === 0 && this.node.mayHibernate;
  }

  /** It sleeps, if it may, and comes back with its socket. */
  sleep(): void {
    if (!this.mayHibernate) throw new Error("there is something to do");
    this.wake();
  }

  /** A new life of the object with the same socket: timers are gone, the alarm is not. */
  wake(): void {
    this.node.wake();
    this.#start();
  }

  /** Lets time pass, and on the way all that comes due. */
  async pass(ms: number): Promise<void> {
    const end = this.node.now + ms;
    await settled();
    for (;;) {
      const at = Math.min(...this.#timers.map((timer) => timer.at), this.alarmAt ?? Infinity, this.#grace);
      const now = Math.min(end, Math.max(at, this.node.now));
      vi.setSystemTime(now);
      const isOverdue = this.#grace <= now;
      this.node.advance(now - this.node.now);
      if (isOverdue) this.tick();
      const due = this.#timers.filter((timer) => timer.at <= now);
      this.#timers = this.#timers.filter((timer) => timer.at > now);
      for (const { callback } of due) callback();
      if (this.alarmAt !== undefined && this.alarmAt <= now) {
        this.alarmAt = undefined;
        this.tick();
      }
      await settled();
      if (at > end) return;
    }
  }

  get #grace(): number {
    return this.node.outbox.nextDeadline() ?? Infinity;
  }
}

export function message(seq: number, bytes = 0): LaneMessage {
  const tail = `"src_id":"x","timestamp":5,"session_seq":${seq},"dest_session_id":"s","payload":"${"x".repeat(bytes)}","id":"m${seq}"}`;
  return { id: `x\nm${seq}`, tail, expiresAt: 0, volatile: false, sessionSeq: seq };
}
