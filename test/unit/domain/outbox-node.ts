/**
 * One node's outbox over real SQL with its connections, as its object would hold them, and the ways in which a life of
 * that object ends: hibernation, the end of a socket while it sleeps, a crash.
 */
import { Inbox } from "../../../src/domain/inbox.ts";
import { type HeldState, Outbox } from "../../../src/domain/outbox.ts";
import type { Link } from "../../../src/domain/outlet.ts";
import { Sequence } from "../../../src/domain/sequence.ts";
import { SqlInboxStore } from "../../../src/durable/sql/inbox-store.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { nodeStorage } from "../../support/sql-storage.ts";

/** What comes over the wire, in as far as the tests look at it. */
export interface WireMessage {
  type?: number;
  id?: string;
  src_id?: string;
  seq?: number;
  payload?: unknown;
}

/** A v1 connection, with the frames that its client has not read yet. */
export class FakeLink implements Link {
  readonly id: string;
  readonly mode = "v1";
  readonly openedAt = 0;
  open = true;
  wire: string[] = [];
  /** What its socket's attachment keeps. */
  held: HeldState = { runs: [], acked: 0, high: 0, beside: 0 };

  constructor(id: string) {
    this.id = id;
  }

  send(frame: string): boolean {
    if (this.open) this.wire.push(frame);
    return this.open;
  }

  /** Reads the next frames off the wire: so many, or all. */
  read(frames = Infinity): WireMessage[] {
    return this.wire.splice(0, frames).flatMap((frame) => JSON.parse(frame) as WireMessage | WireMessage[]);
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
    const sequence = new Sequence(this.reserved, 64, (upTo) => {
      this.reserved = upTo;
      this.outbox.noteSharing();
    });
    const shared = { to: links.length > 0 ? 0 : this.sharedTo };
    const setShared = (upTo: number) => (this.sharedTo = upTo);
    this.outbox = new Outbox(this.inbox, sequence, {
      readSeq: 0,
      get sharedTo() {
        return shared.to;
      },
      set sharedTo(upTo) {
        setShared(upTo);
      },
    });
    this.links = links;
    this.outbox.restore(links.map((link) => ({ link, held: link.held })));
  }

  /** What the object does at the end of each tick: keeps, as a copy, what its connections hold. */
  save(): void {
    for (const { linkId, held } of this.outbox.takeHeldChanges()) {
      const link = this.links.find(({ id }) => id === linkId);
      if (link !== undefined) link.held = structuredClone(held);
    }
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
