/**
 * The sending end of a lane: the ordered stream of messages from one object to one destination
 * (DESIGN §2). Batches grow by themselves: a lone message leaves at once, and what comes while
 * enough batches are in flight leaves together.
 *
 * Invariants: messages are taken by the destination in the order of `offer`; each settles exactly
 * once; a batch never overtakes one that failed, because it names its predecessor's position.
 */
import { Deque } from "./deque.ts";
import type { LaneAnswer, LaneBatch, LaneMessage, LaneStatus } from "./lane.ts";
import { fullJitter } from "../protocol/backoff.ts";

export interface LaneLimits {
  batchMessages: number;
  batchBytes: number;
  /** Batches in flight up to which a message leaves at once. */
  eagerInFlight: number;
  /** Batches in flight at most. */
  inFlight: number;
  /** What the lane may hold, in flight included. */
  messages: number;
  bytes: number;
  /** How long a failing destination is tried before everything waiting is refused. */
  retryMs: number;
}

export interface LanePort {
  /** One RPC. Rejects where the destination failed or the answer was lost. */
  deliver(batch: LaneBatch): Promise<LaneAnswer>;
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** Calls back once, after about so many ms. */
  after(delayMs: number, callback: () => void): void;
}

interface Item {
  message: LaneMessage;
  bytes: number;
  settle: (status: LaneStatus) => void;
  settled: boolean;
}

const RETRY_BASE_MS = 100;
const RETRY_CAP_MS = 5_000;

export class LaneSender {
  readonly #name: string;
  readonly #src: string;
  readonly #port: LanePort;
  readonly #limits: LaneLimits;
  readonly #waiting = new Deque<Item>();
  /** Batches that were not taken, in the order they came back, while the rest in flight is awaited. */
  #untaken: { first: number; items: Item[] }[] = [];
  #inFlight = 0;
  #position = 0;
  #held = 0;
  #heldBytes = 0;
  #failed = false;
  #attempts = 0;
  #failingSince = 0;
  #pausing = false;

  constructor(name: string, src: string, port: LanePort, limits: LaneLimits) {
    this.#name = name;
    this.#src = src;
    this.#port = port;
    this.#limits = limits;
  }

  /** Nothing waits and nothing is in flight: the lane may be forgotten. */
  get idle(): boolean {
    return this.#held === 0;
  }

  get bytes(): number {
    return this.#heldBytes;
  }

  /** Takes a message at the end of the lane; false where the lane is full and the sender must slow down. */
  offer(message: LaneMessage, settle: (status: LaneStatus) => void): boolean {
    const bytes = message.tail.length;
    if (this.#held >= this.#limits.messages) return false;
    if (this.#held > 0 && this.#heldBytes + bytes > this.#limits.bytes) return false;
    this.#waiting.push({ message, bytes, settle, settled: false });
    this.#held++;
    this.#heldBytes += bytes;
    return true;
  }

  /** Sends what may leave at once. Call it at the end of an event in which messages were offered. */
  flush(): void {
    this.#sendUpTo(this.#limits.eagerInFlight);
  }

  /**
   * Sends what waits. Call it at the end of a tick: by then what waited has gathered, and a destination that is
   * slow to answer must not hold it back.
   */
  flushAll(): void {
    this.#sendUpTo(this.#limits.inFlight);
  }

  #sendUpTo(inFlight: number): void {
    while (!this.#failed && !this.#pausing && this.#inFlight < inFlight) {
      const items = this.#nextBatch();
      if (items.length === 0) return;
      void this.#send(items);
    }
  }

  #nextBatch(): Item[] {
    const items: Item[] = [];
    const now = this.#port.now();
    let bytes = 0;
    for (let item = this.#waiting.peek(); item !== undefined; item = this.#waiting.peek()) {
      if (items.length === this.#limits.batchMessages) break;
      if (items.length > 0 && bytes + item.bytes > this.#limits.batchBytes) break;
      this.#waiting.shift();
      if (item.message.expiresAt !== 0 && item.message.expiresAt <= now) {
        this.#settle(item, "EXPIRED");
        continue;
      }
      items.push(item);
      bytes += item.bytes;
    }
    return items;
  }

  async #send(items: Item[]): Promise<void> {
    const batch: LaneBatch = {
      lane: this.#name,
      src: this.#src,
      first: this.#position,
      start: this.#inFlight === 0,
      messages: items.map((item) => item.message),
    };
    this.#position += items.length;
    this.#inFlight++;
    let answer: LaneAnswer;
    try {
      answer = await this.#port.deliver(batch);
    } catch {
      answer = { resync: true };
      this.#failing();
    }
    this.#inFlight--;
    if ("resync" in answer) {
      this.#failed = true;
      this.#untaken.push({ first: batch.first, items });
    } else {
      this.#attempts = 0;
      const { statuses } = answer;
      items.forEach((item, i) => this.#settle(item, typeof statuses === "string" ? statuses : statuses[i]!));
    }
    if (this.#failed && this.#inFlight === 0) this.#restart();
    this.flushAll();
  }

  #failing(): void {
    if (this.#attempts === 0) this.#failingSince = this.#port.now();
    this.#attempts++;
  }

  /** All batches are back: what was not taken goes to the front again, in order, perhaps after a pause. */
  #restart(): void {
    this.#failed = false;
    const items = this.#untaken.toSorted((a, b) => a.first - b.first).flatMap((batch) => batch.items);
    this.#untaken = [];
    // A volatile message is not worth a second attempt.
    for (const item of items) if (item.message.volatile) this.#settle(item, "dropped");
    this.#waiting.unshift(items.filter((item) => !item.settled));
    if (this.#attempts === 0) return;
    if (this.#port.now() - this.#failingSince >= this.#limits.retryMs) return this.#refuseAll();
    this.#pausing = true;
    this.#port.after(fullJitter(this.#attempts, RETRY_BASE_MS, RETRY_CAP_MS, this.#port.random()), () => {
      this.#pausing = false;
      this.flushAll();
    });
  }

  #refuseAll(): void {
    this.#attempts = 0;
    for (const item of this.#waiting.drain()) this.#settle(item, "UNAVAILABLE");
  }

  #settle(item: Item, status: LaneStatus): void {
    if (item.settled) return;
    item.settled = true;
    this.#held--;
    // With nobody left who waits, the next failure is a new one.
    if (this.#held === 0) this.#attempts = 0;
    this.#heldBytes -= item.bytes;
    item.settle(status);
  }
}
