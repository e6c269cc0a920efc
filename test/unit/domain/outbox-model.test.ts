/**
 * Random traffic, cuts, silences, hibernation and crashes against one node's outbox over real SQL:
 * whatever its sender was told is safe reaches the node, in order, however it came back.
 * A failure prints its seed; SEED=n runs that one alone.
 */
import { expect, test } from "vitest";
import { Inbox } from "../../../src/domain/inbox.ts";
import type { Fate } from "../../../src/domain/fate.ts";
import type { LaneMessage } from "../../../src/domain/lane.ts";
import { type HeldState, Outbox } from "../../../src/domain/outbox.ts";
import type { Link } from "../../../src/domain/outlet.ts";
import { Sequence } from "../../../src/domain/sequence.ts";
import { SqlInboxStore } from "../../../src/durable/sql/inbox-store.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { nodeStorage } from "../../support/sql-storage.ts";

const SOURCES = ["ann", "ben", 'c"\\'];

function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One program on the node: processes frames in order, remembers what it saw and where it left off. */
class Device {
  cursor = 0;
  link: FakeLink | undefined;
}

class FakeLink implements Link {
  readonly mode = "v1";
  readonly openedAt = 0;
  open = true;
  /** Frames on the wire that the device has not processed. */
  readonly wire: string[] = [];
  high = 0;
  held: HeldState = { runs: [], acked: 0, high: 0, beside: 0 };
  readonly id: string;
  readonly device: Device;
  constructor(id: string, device: Device) {
    this.id = id;
    this.device = device;
  }
  send(frame: string): boolean {
    if (this.open) this.wire.push(frame);
    return this.open;
  }
}

interface Sent {
  src: string;
  n: number;
  message: LaneMessage;
  fate: Fate;
}

class Model {
  readonly storage = nodeStorage();
  readonly rnd: () => number;
  now = 1_000_000;
  reserved = 0;
  sharedTo = 0;
  inbox!: Inbox;
  outbox!: Outbox;
  links: FakeLink[] = [];
  readonly devices: Device[];
  linkCount = 0;
  readonly next = new Map<string, number>();
  /** What each source has not been told about, in order: sent again after a crash. */
  unsettled: Sent[] = [];
  readonly safe = new Map<string, { src: string; n: number; droppable: boolean }>();
  /** First time that any device processed a message. */
  readonly seen = new Map<string, number>();
  readonly order = new Map<string, number[]>();
  gaps = 0;
  readonly log: string[] = [];

  constructor(seed: number, devices: number) {
    this.rnd = random(seed);
    this.devices = Array.from({ length: devices }, () => new Device());
    this.start([]);
  }

  int(below: number): number {
    return Math.floor(this.rnd() * below);
  }

  start(links: FakeLink[]): void {
    const share = (upTo: number) => (this.sharedTo = upTo);
    const store = new SqlInboxStore(this.storage as never);
    this.inbox = new Inbox(store, {
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
    const notes = { readSeq: 0, sharedTo: links.length > 0 ? 0 : this.sharedTo };
    this.outbox = new Outbox(this.inbox, sequence, {
      readSeq: 0,
      get sharedTo() {
        return notes.sharedTo;
      },
      set sharedTo(upTo) {
        share(upTo);
      },
    });
    this.links = links;
    this.outbox.restore(links.map((link) => ({ link, held: link.held })));
  }

  save(): void {
    for (const { linkId, held } of this.outbox.takeHeldChanges()) {
      const link = this.links.find((candidate) => candidate.id === linkId);
      // As through an attachment: a copy.
      if (link) link.held = structuredClone(held);
    }
  }

  send(): void {
    const src = SOURCES[this.int(SOURCES.length)]!;
    const batch: Sent[] = [];
    for (let i = this.int(4); i >= 0; i--) {
      const n = (this.next.get(src) ?? 0) + 1;
      this.next.set(src, n);
      const kind = this.rnd();
      const id = `${src}-${n}`;
      const droppable = kind < 0.05 || kind > 0.93;
      const body = JSON.stringify({ id, n, droppable, payload: "x".repeat(this.int(40)) }).slice(1);
      const message: LaneMessage = {
        id,
        tail: `"src_id":${JSON.stringify(src)},"timestamp":${this.now},${body}`,
        expiresAt: kind < 0.05 ? this.now + 1_500 : 0,
        volatile: false,
        ...(kind > 0.93 && { collapseKey: "k" }),
      };
      batch.push({ src, n, message, fate: undefined as never });
    }
    this.offer(src, batch);
  }

  offer(src: string, batch: Sent[]): void {
    this.trace(
      "send",
      batch.map((x) => x.message.id),
      this.now,
    );
    const fates = this.outbox.accept(
      src,
      batch.map((sent) => sent.message),
      this.now,
    );
    batch.forEach((sent, i) => {
      sent.fate = fates[i]!;
      this.unsettled.push(sent);
      sent.fate.onSettled((status) => {
        this.trace("  settled", sent.message.id, status);
        this.unsettled = this.unsettled.filter((other) => other !== sent);
        if (!["delivered", "stored", "offline"].includes(status)) return;
        const droppable = sent.message.expiresAt !== 0 || sent.message.collapseKey !== undefined;
        this.safe.set(sent.message.id, { src, n: sent.n, droppable });
      });
    });
  }

  connect(device: Device, resume: boolean): void {
    const link = new FakeLink(`L${this.linkCount++}`, device);
    link.high = resume ? device.cursor : 0;
    this.links.push(link);
    const seq = this.outbox.open(link, resume ? device.cursor : undefined, this.now);
    this.trace("connect", link.id, resume ? device.cursor : "fresh", "welcome", seq);
    expect(seq).toBeGreaterThanOrEqual(0);
    if (!resume) device.cursor = seq;
    device.link = link;
  }

  process(link: FakeLink, frames: number): void {
    for (const frame of link.wire.splice(0, frames)) {
      this.trace("process", link.id, frame.replace(/x+/g, "x").replace(/"timestamp":\d+,/g, ""));
      const parsed = JSON.parse(frame) as Record<string, unknown> | Record<string, unknown>[];
      for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
        if (message.type === -7) {
          this.gaps++;
          continue;
        }
        const seq = message.seq as number;
        expect(seq, "seqs on one connection only grow").toBeGreaterThan(link.high);
        link.high = seq;
        if (link.device.link === link) link.device.cursor = seq;
        const id = message.id as string;
        if (this.seen.has(id)) continue;
        this.seen.set(id, this.now);
        const src = message.src_id as string;
        // What may be dropped may also come late, over a wire that the edge had given up.
        if (message.droppable === true) continue;
        this.order.set(src, [...(this.order.get(src) ?? []), message.n as number]);
      }
    }
  }

  close(link: FakeLink, clean: boolean): void {
    this.trace("close", link.id);
    link.open = false;
    link.wire.length = 0;
    this.links = this.links.filter((other) => other !== link);
    if (link.device.link === link) link.device.link = undefined;
    this.outbox.close(link.id, this.now, clean);
  }

  crash(): void {
    this.trace("crash");
    for (const link of this.links) {
      link.open = false;
      link.device.link = undefined;
    }
    const again = this.unsettled;
    this.unsettled = [];
    this.start([]);
    for (const src of SOURCES) {
      const batch = again.filter((sent) => sent.src === src);
      if (batch.length > 0) this.offer(src, batch);
    }
  }

  /** The object comes back with its sockets; now and then it is the end of one of them that woke it. */
  wake(): void {
    const ended = this.rnd() < 0.3 ? this.links[this.int(this.links.length)] : undefined;
    this.start(this.links.filter((link) => link !== ended));
    if (ended === undefined) return;
    ended.open = false;
    if (ended.device.link === ended) ended.device.link = undefined;
    if (this.rnd() < 0.3) this.send();
    this.outbox.closedAsleep(ended.held, this.now);
  }

  advance(ms: number): void {
    this.now += ms;
    const deadline = this.outbox.nextDeadline();
    if (deadline !== undefined && deadline <= this.now) this.outbox.expireGrace(this.now);
  }

  trace(...what: unknown[]): void {
    if (process.env.TRACE) console.log(...what.map((w) => (typeof w === "string" ? w : JSON.stringify(w))));
  }
  step(): void {
    const device = this.devices[this.int(this.devices.length)]!;
    const link = this.links[this.int(this.links.length)];
    const dice = this.rnd();
    if (dice < 0.35) {
      this.send();
      if (this.rnd() < 0.7) this.outbox.flush(this.now);
    } else if (dice < 0.55) {
      if (link) this.process(link, 1 + this.int(3));
    } else if (dice < 0.7) {
      if (link && link.high > 0) {
        const n = Math.max(0, link.high - this.int(3));
        this.trace("ack", link.id, n);
        this.outbox.ack(link.id, n, this.now);
      }
    } else if (dice < 0.78) {
      // With an old link still open now and then: the edge has not noticed that it is dead.
      if (device.link === undefined || this.rnd() < 0.2) this.connect(device, this.rnd() < 0.7);
      this.outbox.flush(this.now);
    } else if (dice < 0.86) {
      if (link) this.close(link, this.rnd() < 0.5);
    } else if (dice < 0.95) {
      this.advance(this.int(1_300));
    } else if (dice < 0.98) {
      // Nothing in memory: the platform may hibernate the object.
      this.advance(1_100);
      this.outbox.flush(this.now);
      this.save();
      if (this.outbox.nextDeadline() === undefined)
        this.trace(
          "hibernate",
          this.links.map((l) => [l.id, l.held]),
        );
      if (this.outbox.nextDeadline() === undefined) this.wake();
    } else {
      this.crash();
    }
    this.save();
    if (process.env.TRACE) {
      const ids = new Set<string>();
      for (const row of this.inbox.scan(0, "asc")) for (const m of row) ids.add(JSON.parse(`{${m.tail}`).id);
      for (const [id, { droppable }] of this.safe)
        if (!droppable && !this.seen.has(id) && !ids.has(id))
          this.trace(
            "GONE",
            id,
            [...this.inbox.scan(0, "asc")].map((r) => [r[0]!.seq, r.at(-1)!.seq]),
          );
    }
  }

  /** Everything stored comes to a client that knows nothing. */
  finish(): void {
    for (const link of [...this.links]) this.close(link, false);
    this.advance(2_000);
    const last = new Device();
    this.connect(last, false);
    this.outbox.flush(this.now);
    for (let i = 0; i < 10_000 && last.link!.wire.length > 0; i++) {
      this.process(last.link!, 1);
      this.outbox.ack(last.link!.id, Math.max(last.link!.high, this.reserved), this.now);
      this.outbox.flush(this.now);
    }
    this.advance(2_000);
  }
}

function run(seed: number, devices: number, steps: number): void {
  const model = new Model(seed, devices);
  for (let i = 0; i < steps; i++) model.step();
  model.finish();
  expect(model.unsettled, "every message has an outcome").toEqual([]);
  const lost = [...model.safe].filter(([id, { droppable }]) => !model.seen.has(id) && !droppable);
  expect(lost, "acked and never received").toEqual([]);
  const dropped = [...model.safe].filter(([id]) => !model.seen.has(id));
  if (dropped.length > 0) expect(model.gaps, "what was dropped was announced").toBeGreaterThan(0);
  for (const [src, order] of model.order) {
    expect(order, `what ${src} sent arrives in order`).toEqual(order.toSorted((a, b) => a - b));
  }
  expect(model.inbox.count, "acked messages leave the inbox").toBe(0);
}

const only = process.env.SEED === undefined ? undefined : Number(process.env.SEED);
const RUNS = Number(process.env.RUNS ?? 150);

test.each([
  { devices: 1, steps: 300 },
  { devices: 3, steps: 300 },
])(
  "nothing acked is lost, doubled on a connection or out of order: $devices device(s)",
  { timeout: 600_000 },
  ({ devices, steps }) => {
    const seeds = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [only];
    for (const seed of seeds) {
      try {
        run(seed, devices, steps);
      } catch (error) {
        throw new Error(`seed ${seed} with ${devices} device(s): ${(error as Error).message}`, { cause: error });
      }
    }
  },
);
