/** A node that is in sessions: the real NodeSessions over a real outbox and real SQL, and the one program on it. */
import assert from "node:assert/strict";
import type { LaneAnswer, LaneBatch } from "../../../src/domain/lane.ts";
import { LaneReceiver } from "../../../src/domain/lane-receiver.ts";
import { NodeSessions } from "../../../src/durable/node-sessions.ts";
import { SqlNodeSessionStore } from "../../../src/durable/sql/node-session-store.ts";
import type { ConnectionMode } from "../../../src/protocol/codec.ts";
import { TYPE } from "../../../src/protocol/message-types.ts";
import { FakeLink, OutboxNode } from "./outbox-node.ts";
import type { ModelSession } from "./session-object.ts";
import type { Life, World } from "./session-world.ts";

interface Body {
  type?: number;
  id: string;
  src_id: string;
  seq?: number;
  session_seq: number;
  dest_session_id: string;
  droppable: boolean;
  payload: { session_id?: string; from_seq: number; to_seq: number };
}

export class ModelMember {
  readonly nodeId: string;
  readonly mode: ConnectionMode;
  readonly world: World;
  readonly box = new OutboxNode();
  life!: Life;
  sessions!: NodeSessions;
  #receiver!: LaneReceiver;
  #isTicking = false;
  #links = 0;
  link: FakeLink | undefined;
  /** The alarm of its object, which outlives memory. */
  alarmAt: number | undefined;
  /** What the program remembers: how far it is, and what it has seen of each session. */
  #cursor = 0;
  /** On this connection. */
  #acked = 0;
  readonly seen = new Map<string, Set<string>>();
  readonly gaps = new Map<string, { from: number; to: number }[]>();
  /** Gaps of its inbox, which speak of seqs. */
  inboxGaps = 0;
  /** Messages that came once more. */
  doubles = 0;
  /** Where its last membership of a session began; calls of an earlier one may still come. */
  readonly joinedAt = new Map<string, number>();
  readonly #last = new Map<string, number>();
  /** Calls of a life of a session's object that had ended by the time they came: a crash may set the order aside. */
  readonly fromTheDead = new Set<string>();
  readonly #find: (sessionId: string) => ModelSession;
  readonly #trace: (...what: unknown[]) => void;

  constructor(
    nodeId: string,
    mode: ConnectionMode,
    world: World,
    find: (sessionId: string) => ModelSession,
    trace: (...what: unknown[]) => void,
  ) {
    this.nodeId = nodeId;
    this.mode = mode;
    this.world = world;
    this.#find = find;
    this.#trace = trace;
    this.#start();
  }

  #start(): void {
    const life = (this.life = this.world.start(this.nodeId));
    this.#receiver = new LaneReceiver(100);
    this.#isTicking = false;
    const call = <T>(sessionId: string, task: (session: ModelSession) => Promise<T>) =>
      this.world.call(
        life,
        `${this.nodeId}>${sessionId}`,
        () => this.#find(sessionId).life,
        () => task(this.#find(sessionId)),
      );
    this.sessions = new NodeSessions(new SqlNodeSessionStore(this.box.storage), {
      nodeId: this.nodeId,
      session: (sessionId) => ({
        catchUp: (nodeId, from, goesLive) => call(sessionId, (session) => session.catchUp(nodeId, from, goesLive)),
        caughtUp: (nodeId, from) => call(sessionId, (session) => session.caughtUp(nodeId, from)),
        presence: async () => {},
        wakes: async () => {},
      }),
      wantsWakes: () => false,
      missed: () => 0,
      outbox: this.box.outbox,
      receiver: this.#receiver,
      changed: () => this.changed(),
      after: (delayMs, callback) => this.world.after(life, delayMs, callback),
      random: this.world.random.next,
    });
  }

  changed(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.world.soon(this.life, () => this.#tick());
  }

  /** As NodeObject's end of a tick. */
  #tick(): void {
    this.#isTicking = false;
    this.box.outbox.flush(this.world.now);
    this.sessions.endOfTick();
    this.box.save();
    this.alarmAt ??= this.sessions.alarmAt;
  }

  /** As NodeObject.deliver. */
  deliver(sessionId: string, batch: LaneBatch): Promise<LaneAnswer> {
    this.#trace("  ", this.nodeId, "is called:", ...batch.messages.map(({ sessionSeq }) => sessionSeq));
    return this.sessions.deliver(sessionId, batch);
  }

  get isOnline(): boolean {
    return this.link !== undefined;
  }

  connect(): void {
    this.close();
    const link = new FakeLink(`${this.nodeId}-${this.#links++}`, this.mode);
    this.#trace(this.nodeId, "connects", this.#cursor);
    this.box.connect(link, this.mode === "v1" ? this.#cursor : undefined);
    this.link = link;
    this.#acked = 0;
    this.sessions.connected();
    this.changed();
  }

  close(): void {
    if (this.link === undefined) return;
    this.#trace(this.nodeId, "is cut");
    const { link } = this;
    this.link = undefined;
    this.box.disconnect(link);
    this.changed();
  }

  /** All that memory held is gone, and the connection with it. */
  crash(): void {
    this.#trace(this.nodeId, "crashes");
    this.world.end(this.life);
    this.link = undefined;
    this.box.crash();
    this.#start();
  }

  /** Comes back with its socket, where nothing was under way. */
  hibernate(): void {
    if (!this.box.mayHibernate || !this.world.isIdle(this.life) || this.#isTicking) return;
    // By then its client has what was sent to it.
    if (this.mode === "classic") this.read(Infinity);
    this.#trace(this.nodeId, "sleeps");
    this.world.end(this.life);
    this.box.wake();
    this.#start();
  }

  /** Time has passed. */
  look(): void {
    const deadline = this.box.outbox.nextDeadline();
    this.box.now = this.world.now;
    if (this.alarmAt !== undefined && this.alarmAt <= this.world.now) {
      this.alarmAt = undefined;
      this.changed();
    }
    if (deadline === undefined || deadline > this.world.now) return;
    this.box.advance(0);
    this.changed();
  }

  read(frames: number): void {
    for (const body of (this.link?.read(frames) ?? []) as unknown as Body[]) this.#take(body);
  }

  ack(lag: number): void {
    const seq = Math.max(0, this.#cursor - lag);
    if (this.link === undefined || this.mode === "classic" || seq <= this.#acked) return;
    this.#acked = seq;
    this.box.outbox.ack(this.link.id, seq, this.world.now);
    this.changed();
  }

  /** A sign of life that its object does not hear of, unless it looks. */
  heartbeat(): void {
    if (this.link !== undefined) this.link.heartbeatAt = this.world.now;
  }

  /** Its client sends something. */
  speak(): void {
    if (this.link === undefined) return;
    this.box.outbox.heard(this.link.id);
    this.changed();
  }

  /** As a classic client does, and whoever reads the inbox without a connection. */
  async fetch(): Promise<void> {
    await this.sessions.pullIntoInbox();
    for (const messages of this.box.inbox.scan(0, "asc")) {
      for (const { tail } of messages) this.#take(JSON.parse(`{${tail}`) as Body, "inbox");
    }
  }

  #take(body: Body, from: "wire" | "inbox" = "wire"): void {
    // Volatile messages have none, and are not acked.
    if (body.seq !== undefined) this.#cursor = Math.max(this.#cursor, body.seq);
    if (body.type === TYPE.GAP) {
      const { session_id: sessionId, from_seq: from, to_seq: to } = body.payload;
      if (sessionId === undefined) {
        this.#cursor = Math.max(this.#cursor, to);
        this.inboxGaps++;
        return;
      }
      this.#trace("  ", this.nodeId, "is told of the gap", from, to);
      this.gaps.set(sessionId, [...(this.gaps.get(sessionId) ?? []), { from, to }]);
      return;
    }
    const { id, src_id: src, dest_session_id: sessionId, session_seq: seq, droppable } = body;
    const seen = this.seen.get(sessionId) ?? new Set();
    this.seen.set(sessionId, seen);
    this.#trace("  ", this.nodeId, "sees", src, id, seq, seen.has(`${src} ${id}`) ? "again" : "");
    if (seen.has(`${src} ${id}`)) {
      this.doubles++;
      return;
    }
    seen.add(`${src} ${id}`);
    // What may be dropped may also come late, from a call that was overtaken by its gap.
    if (from === "inbox" || this.fromTheDead.has(`${sessionId} ${seq}`)) return;
    const isAnnounced = this.gaps.get(sessionId)?.some(({ from, to }) => from <= seq && seq <= to);
    if (droppable || isAnnounced || seq < (this.joinedAt.get(sessionId) ?? 0)) return;
    const last = this.#last.get(sessionId) ?? 0;
    assert.ok(seq > last, `${this.nodeId} sees ${seq} of ${sessionId} after ${last}`);
    this.#last.set(sessionId, seq);
  }
}
