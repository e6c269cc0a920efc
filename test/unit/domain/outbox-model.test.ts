/**
 * Random traffic, cuts, silences, hibernation and crashes against one node's outbox over real SQL: whatever its sender
 * was told is safe reaches the node, in order, however it came back.
 *
 * A failure prints its seed. SEED=n runs that one alone, RUNS=n that many. With TRACE=1 each step is printed, and a run
 * ends at the very step after which a message that its sender was told is safe is neither seen nor in the inbox.
 */
import assert from "node:assert/strict";
import { test } from "vitest";
import type { Fate } from "../../../src/domain/fate.ts";
import type { LaneMessage } from "../../../src/domain/lane.ts";
import { TYPE } from "../../../src/protocol/message-types.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

const SOURCES = ["ann", "ben", 'c"\\'];
const TRACE = process.env["TRACE"] === "1";

/** One program on the node: processes frames in order, remembers where it left off. */
class Device {
  cursor = 0;
  link: DeviceLink | undefined;
}

class DeviceLink extends FakeLink {
  readonly device: Device;
  /** Highest seq that the device has processed here. */
  high: number;

  constructor(id: string, device: Device, high: number) {
    super(id);
    this.device = device;
    this.high = high;
  }
}

interface Sent {
  src: string;
  n: number;
  /** May it be dropped, with a gap, or come late? */
  droppable: boolean;
  message: LaneMessage;
}

/** A message's own fields, as `#write` makes them and the device reads them. */
interface Body {
  type?: number;
  id: string;
  src_id: string;
  seq: number;
  n: number;
  droppable: boolean;
}

class Model {
  readonly node = new OutboxNode<DeviceLink>();
  readonly devices: Device[];
  readonly #random: SeededRandom;
  #linkCount = 0;
  readonly #next = new Map<string, number>();
  /** What each source has not been told about, in order: sent again after a crash. */
  unsettled: Sent[] = [];
  /** What a source was told is delivered or stored, by id. */
  readonly safe = new Map<string, Sent>();
  /** Ids that any device has processed. */
  readonly seen = new Set<string>();
  /** Numbers of each source in the order of their first processing, but for what may come late. */
  readonly order = new Map<string, number[]>();
  gaps = 0;

  constructor(seed: number, devices: number) {
    this.#random = new SeededRandom(seed);
    this.devices = Array.from({ length: devices }, () => new Device());
  }

  #int(below: number): number {
    return this.#random.int(0, below - 1);
  }

  #send(): void {
    const src = SOURCES[this.#int(SOURCES.length)]!;
    this.#offer(
      src,
      Array.from({ length: 1 + this.#int(4) }, () => this.#write(src)),
    );
  }

  #write(src: string): Sent {
    const n = (this.#next.get(src) ?? 0) + 1;
    this.#next.set(src, n);
    const kind = this.#random.next();
    const droppable = kind < 0.05 || kind > 0.93;
    const id = `${src}-${n}`;
    const body = JSON.stringify({ id, n, droppable, payload: "x".repeat(this.#int(40)) }).slice(1);
    const message: LaneMessage = {
      id,
      tail: `"src_id":${JSON.stringify(src)},"timestamp":${this.node.now},${body}`,
      expiresAt: kind < 0.05 ? this.node.now + 1_500 : 0,
      volatile: false,
      ...(kind > 0.93 && { collapseKey: "k" }),
    };
    return { src, n, droppable, message };
  }

  #offer(src: string, batch: Sent[]): void {
    this.#trace("send", ...batch.map(({ message }) => message.id));
    const messages = batch.map(({ message }) => message);
    const fates: Fate[] = this.node.outbox.accept(src, messages, this.node.now);
    this.unsettled.push(...batch);
    batch.forEach((sent, i) => {
      fates[i]!.onSettled((status) => {
        this.#trace("  settled", sent.message.id, status);
        this.unsettled = this.unsettled.filter((other) => other !== sent);
        if (["delivered", "stored", "offline"].includes(status)) this.safe.set(sent.message.id, sent);
      });
    });
  }

  #connect(device: Device, resume: boolean): void {
    const link = new DeviceLink(`L${this.#linkCount++}`, device, resume ? device.cursor : 0);
    const seq = this.node.connect(link, resume ? device.cursor : undefined);
    this.#trace("connect", link.id, resume ? device.cursor : "afresh", "welcome", seq);
    assert.ok(seq >= 0);
    if (!resume) device.cursor = seq;
    device.link = link;
  }

  #process(link: DeviceLink, frames: number): void {
    for (const message of link.read(frames) as Body[]) {
      this.#trace("process", link.id, message);
      if (message.type === TYPE.GAP) this.gaps++;
      else this.#take(link, message);
    }
  }

  #take(link: DeviceLink, { id, src_id: src, seq, n, droppable }: Body): void {
    assert.ok(seq > link.high, `seqs on one connection only grow: ${seq} after ${link.high}`);
    link.high = seq;
    if (link.device.link === link) link.device.cursor = seq;
    if (this.seen.has(id)) return;
    this.seen.add(id);
    // What may be dropped may also come late, over a wire that the edge had given up.
    if (!droppable) this.order.set(src, [...(this.order.get(src) ?? []), n]);
  }

  #ack(link: DeviceLink): void {
    const seq = Math.max(0, link.high - this.#int(3));
    this.#trace("ack", link.id, seq);
    this.node.outbox.ack(link.id, seq, this.node.now);
  }

  #close(link: DeviceLink, clean: boolean): void {
    this.#trace("close", link.id);
    unlink(link);
    this.node.disconnect(link, clean);
  }

  #crash(): void {
    this.#trace("crash");
    for (const link of this.node.links) unlink(link);
    const again = this.unsettled;
    this.unsettled = [];
    this.node.crash();
    for (const src of SOURCES) {
      const batch = again.filter((sent) => sent.src === src);
      if (batch.length > 0) this.#offer(src, batch);
    }
  }

  /** The object comes back with its sockets; now and then it is the end of one of them that woke it. */
  #hibernate(): void {
    this.#trace("hibernate", ...this.node.links.map(({ id, held }) => ({ id, ...held })));
    const { links } = this.node;
    const ended = this.#random.chance(0.3) ? links[this.#int(links.length)] : undefined;
    if (ended === undefined) return this.node.wake();
    this.#trace("  woken by the end of", ended.id);
    unlink(ended);
    this.node.wakeByEndOf(ended, () => {
      if (this.#random.chance(0.3)) this.#send();
    });
  }

  step(): void {
    const { node } = this;
    const device = this.devices[this.#int(this.devices.length)]!;
    const link = node.links[this.#int(node.links.length)];
    const dice = this.#random.next();
    if (dice < 0.35) {
      this.#send();
      if (this.#random.chance(0.7)) node.outbox.flush(node.now);
    } else if (dice < 0.55) {
      if (link) this.#process(link, 1 + this.#int(3));
    } else if (dice < 0.7) {
      if (link && link.high > 0) this.#ack(link);
    } else if (dice < 0.78) {
      // With an old link still open now and then: the edge has not noticed that it is dead.
      if (device.link === undefined || this.#random.chance(0.2)) this.#connect(device, this.#random.chance(0.7));
      node.outbox.flush(node.now);
    } else if (dice < 0.86) {
      if (link) this.#close(link, this.#random.chance(0.5));
    } else if (dice < 0.95) {
      node.advance(this.#int(1_300));
    } else if (dice < 0.98) {
      node.advance(1_100);
      node.outbox.flush(node.now);
      node.save();
      if (node.mayHibernate) this.#hibernate();
    } else {
      this.#crash();
    }
    node.save();
    if (TRACE) this.#assertNothingGone();
  }

  /**
   * Everything stored comes to a client that knows nothing: after all others are gone, or beside those that are still
   * open and never give a sign of life again.
   */
  finish(othersGo: boolean): void {
    const { node } = this;
    if (othersGo) for (const link of node.links) this.#close(link, false);
    node.advance(2_000);
    const last = new Device();
    this.#connect(last, false);
    node.outbox.flush(node.now);
    const link = last.link!;
    for (let i = 0; i < 10_000 && (link.wire.length > 0 || node.mayHibernate === false); i++) {
      this.#process(link, 1);
      node.outbox.ack(link.id, Math.max(link.high, node.reserved), node.now);
      node.advance(100);
      node.outbox.flush(node.now);
    }
    node.advance(2_000);
  }

  #trace(...what: unknown[]): void {
    if (!TRACE) return;
    const words = what.map((word) => (typeof word === "string" ? word : JSON.stringify(word)));
    console.log(this.node.now, ...words);
  }

  /** Reads the whole inbox, so only where a seed is looked into. */
  #assertNothingGone(): void {
    const rows = [...this.node.inbox.scan(0, "asc")];
    const stored = new Set(rows.flat().map(({ tail }) => (JSON.parse(`{${tail}`) as Body).id));
    const gone = [...this.safe].filter(([id, { droppable }]) => !droppable && !this.seen.has(id) && !stored.has(id));
    const bounds = rows.map((row) => `${row[0]!.seq}–${row.at(-1)!.seq}`).join(" ");
    assert.deepEqual(
      gone.map(([id]) => id),
      [],
      `gone since this step; the inbox has rows ${bounds}`,
    );
  }
}

function unlink(link: DeviceLink): void {
  if (link.device.link === link) link.device.link = undefined;
}

function run(seed: number, devices: number, steps: number): void {
  const model = new Model(seed, devices);
  for (let i = 0; i < steps; i++) model.step();
  model.finish(seed % 2 === 0);
  assert.deepEqual(model.unsettled, [], "every message has an outcome");
  const missing = [...model.safe.values()].filter(({ message }) => !model.seen.has(message.id));
  assert.deepEqual(
    missing.filter(({ droppable }) => !droppable).map(({ message }) => message.id),
    [],
    "acked and never received",
  );
  assert.ok(missing.length === 0 || model.gaps > 0, "what was dropped was announced");
  for (const [src, order] of model.order) {
    const sorted = order.toSorted((a, b) => a - b);
    assert.deepEqual(order, sorted, `what ${src} sent arrives in order`);
  }
  assert.equal(model.node.inbox.count, 0, "acked messages leave the inbox");
}

/** A failure names its seed. */
function assertHolds(seed: number, devices: number): void {
  try {
    run(seed, devices, 300);
  } catch (error) {
    throw new Error(`seed ${seed} with ${devices} device(s): ${(error as Error).message}`, { cause: error });
  }
}

const only = process.env["SEED"];
const RUNS = Number(process.env["RUNS"] ?? 40);
const SEEDS = only === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(only)];

test.each([{ devices: 1 }, { devices: 3 }])(
  "nothing acked is lost, doubled on a connection or out of order: $devices device(s)",
  { timeout: 10_000 + 1_000 * RUNS },
  ({ devices }) => {
    for (const seed of SEEDS) assertHolds(seed, devices);
  },
);
