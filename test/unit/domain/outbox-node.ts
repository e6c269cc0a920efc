/**
 * One node's outbox over real SQL with its connections, as its object would hold them, and the ways in which a life of
 * that object ends: hibernation, the end of a socket while it sleeps, a crash.
 */
import type { Fate } from "../../../src/domain/fate.ts";
import { Inbox } from "../../../src/domain/inbox.ts";
import type { LaneMessage } from "../../../src/domain/lane.ts";
import { Outbox } from "../../../src/domain/outbox.ts";
import type { HeldState, Link } from "../../../src/domain/outlet.ts";
import { Sequence } from "../../../src/domain/sequence.ts";
import { SqlInboxStore } from "../../../src/durable/sql/inbox-store.ts";
import type { ConnectionMode } from "../../../src/protocol/codec.ts";
import type { Gap } from "../../../src/protocol/frames.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { TYPE } from "../../../src/protocol/message-types.ts";
import { nodeStorage } from "../../support/sql-storage.ts";

/** What comes over the wire, in as far as the tests look at it. */
export interface WireMessage {
  type?: number;
  id?: string;
  src_id?: string;
  seq?: number;
  payload?: unknown;
}

/** A connection, with the frames that its client has not read yet. */
export class FakeLink implements Link {
  readonly id: string;
  readonly mode: ConnectionMode;
  readonly openedAt = 0;
  /** When the platform last answered a heartbeat of its client. */
  heartbeatAt = 0;
  open = true;
  wire: string[] = [];
  /** What its socket's attachment keeps. */
  held: HeldState = { runs: [], acked: 0, high: 0, beside: 0 };

  constructor(id: string, mode: ConnectionMode = "v1") {
    this.id = id;
    this.mode = mode;
  }

  send(frame: string): boolean {
    if (this.open) this.wire.push(frame);
    return this.open;
  }

  heardAt(): number {
    return this.heartbeatAt;
  }

  /** Reads the next frames off the wire: so many, or all. */
  read(frames = Infinity): WireMessage[] {
    return this.wire.splice(0, frames).flatMap((frame) => JSON.parse(frame) as WireMessage | WireMessage[]);
  }

  /** All that is on the wire, in short: "3 m1" for the message m1 with seq 3, "gap 4-5 ttl". */
  story(): string[] {
    return this.read().map(({ type, seq, id, payload }) => {
      if (type !== TYPE.GAP) return `${seq} ${id}`;
      const { from_seq, to_seq, reason } = payload as Gap;
      return `gap ${from_seq}-${to_seq} ${reason}`;
    });
  }
}

export class OutboxNode<L extends FakeLink = FakeLink> {
  readonly storage = nodeStorage();
  now = 1_000_000;
  /** End of the reserved block of seqs, as the record of the node keeps it. */
  reserved = 0;
  sharedTo = 0;
  links: L[] = [];
  inbox!: Inbox;
  outbox!: Outbox;
  sequence!: Sequence;

  constructor() {
    this.start([]);
  }

  /** A new life of the object, with the sockets that survived the last one. */
  start(links: L[]): void {
    this.inbox = new Inbox(new SqlInboxStore(this.storage), {
      messages: LIMITS.inboxMessages,
      bytes: LIMITS.inboxBytes,
      ttlMs: LIMITS.inboxTtlMs,
      rowMessages: 7,
      rowBytes: 100_000,
    });
    this.sequence = new Sequence(this.reserved, 64, (upTo) => {
      this.reserved = upTo;
      this.outbox.noteSharing();
    });
    const shared = { to: links.length > 0 ? 0 : this.sharedTo };
    const setShared = (upTo: number) => (this.sharedTo = upTo);
    this.outbox = new Outbox(this.inbox, this.sequence, {
      readSeq: 0,
      get sharedTo() {
        return shared.to;
      },
      set sharedTo(upTo) {
        setShared(upTo);
      },
    });
    this.links = links;
    this.outbox.restore(
      links.map((link) => ({ link, held: link.held })),
      this.now,
    );
  }

  /** What the object does at the end of each tick: keeps, as a copy, what its connections hold. */
  save(): void {
    for (const { linkId, held } of this.outbox.takeHeldChanges()) {
      const link = this.links.find(({ id }) => id === linkId);
      if (link !== undefined) link.held = structuredClone(held);
    }
  }

  /** The end of a tick. */
  tick(): void {
    this.outbox.flush(this.now);
    this.save();
  }

  /** One batch of one source, in a tick of its own. */
  offer(src: string, ids: readonly string[], change: Partial<LaneMessage> = {}): Fate[] {
    const tail = (id: string) => `"src_id":${JSON.stringify(src)},"timestamp":${this.now},"id":"${id}"}`;
    const messages = ids.map((id) => ({ id, tail: tail(id), expiresAt: 0, volatile: false, ...change }));
    const fates = this.outbox.accept(src, messages, this.now);
    this.tick();
    return fates;
  }

  /** A client's cumulative ack, in a tick of its own. */
  ack(link: L, seq: number): void {
    this.outbox.ack(link.id, seq, this.now);
    this.tick();
  }

  /** May the platform hibernate the object now? */
  get mayHibernate(): boolean {
    return this.outbox.nextDeadline() === undefined;
  }

  /** Answers the seq of WELCOME. */
  connect(link: L, resumedAt?: number): number {
    this.links.push(link);
    return this.outbox.open(link, resumedAt, this.now);
  }

  disconnect(link: L, clean = false): void {
    this.#cut(link);
    this.outbox.close(link.id, this.now, clean);
  }

  /** Sleeps once nothing is in memory alone, and comes back with its sockets. */
  sleep(): void {
    this.#fallAsleep();
    this.wake();
  }

  /** As `sleep`, but it is the end of one of the sockets that wakes the object. */
  sleepUntilEndOf(link: L): void {
    this.#fallAsleep();
    this.wakeByEndOf(link);
    this.tick();
  }

  #fallAsleep(): void {
    this.advance(LIMITS.ackGraceMs);
    this.tick();
    if (!this.mayHibernate) throw new Error("memory alone holds something");
  }

  /** The object comes back with its sockets. */
  wake(): void {
    this.start(this.links);
  }

  /** It is the end of a socket that wakes the object: its new life sees the others only. */
  wakeByEndOf(link: L, before: () => void = () => {}): void {
    this.#cut(link);
    this.start(this.links);
    before();
    this.outbox.closedAsleep(link.held, this.now);
  }

  /** All that memory held is gone, and every socket with it. */
  crash(): void {
    for (const link of this.links) this.#cut(link);
    this.start([]);
  }

  advance(ms: number): void {
    this.now += ms;
    const deadline = this.outbox.nextDeadline();
    if (deadline !== undefined && deadline <= this.now) this.outbox.expireGrace(this.now);
  }

  #cut(link: L): void {
    link.open = false;
    link.wire = [];
    this.links = this.links.filter((other) => other !== link);
  }
}
