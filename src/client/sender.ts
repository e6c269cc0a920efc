/**
 * What this node has sent and the edge has not answered yet, in order. It goes out in frames of what one moment gathers, with a
 * window of unanswered messages below what the edge takes from one connection, and again under the same ids after a break.
 */
import { fullJitter } from "../protocol/backoff.ts";
import { AllsparkError, asError, QueueFullError, reasonOf, RefusedError } from "./errors.ts";
import type { SettledMessage } from "./events.ts";
import { type OutgoingMessage, type Receipt, toWire } from "./message.ts";
import type { KeptState } from "./storage/kept-state.ts";
import type { WireError } from "../protocol/errors.ts";

/** Below the edge's rate and what it delays (docs/protocol.md, Limits), so that nothing is refused for coming too fast. */
const WINDOW_MESSAGES = 256;
const WINDOW_BYTES = 1024 * 1024;
/** Until the edge has said what it takes. */
const FRAME_BYTES = 1024 * 1024;
const FRAME_MESSAGES = 256;
const SLOW_DOWN_BASE_MS = 250;
const SLOW_DOWN_CAP_MS = 10_000;

interface Entry {
  readonly id: string;
  readonly text: string;
  isUnderWay: boolean;
  /** undefined where a reload has taken the promise. */
  readonly settle: ((outcome: unknown, failed: boolean) => void) | undefined;
}

export interface SenderPort {
  /** Sends a frame; false where there is no connection. */
  write(frame: string): boolean;
  settled(message: SettledMessage): void;
  full(): void;
  drain(): void;
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
}

export class Sender {
  readonly #port: SenderPort;
  readonly #kept: KeptState;
  /** New for each start of the program, so that no id is used twice; sorts by the time of the start. */
  readonly #epoch = newEpoch();
  #counter = 0;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  #underWay = 0;
  #bytesUnderWay = 0;
  #isLive = false;
  #isFull = false;
  #isScheduled = false;
  #slowDowns = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #maxFrameBytes = FRAME_BYTES;
  readonly #idle = new Set<(error: AllsparkError | undefined) => void>();

  constructor(port: SenderPort, kept: KeptState) {
    this.#port = port;
    this.#kept = kept;
  }

  /** Messages not yet answered. */
  get size(): number {
    return this.#entries.size;
  }

  /** What an earlier life of the program has not seen acked goes first. */
  restore(unacked: readonly (readonly [id: string, text: string])[]): void {
    const newer = [...this.#entries.values()];
    this.#entries.clear();
    for (const [id, text] of unacked) {
      this.#entries.set(id, { id, text, isUnderWay: false, settle: undefined });
      this.#bytes += text.length;
    }
    for (const entry of newer) this.#entries.set(entry.id, entry);
  }

  /** See Allspark.send. */
  send(message: OutgoingMessage, signal: AbortSignal | undefined): Promise<Receipt> {
    if (message.volatile === true) return this.#sendVolatile(message);
    // Ids sort in the order of sending: the store keeps messages under them.
    const id = `${this.#epoch}-${String(++this.#counter).padStart(9, "0")}`;
    const text = this.#checked(toWire(message, id));
    if (this.#entries.size >= this.#port.maxQueuedMessages || this.#bytes + text.length > this.#port.maxQueuedBytes) {
      if (!this.#isFull) {
        this.#isFull = true;
        this.#port.full();
      }
      throw new QueueFullError(this.#entries.size);
    }
    return new Promise((resolve, reject) => {
      const aborted = () => this.#settle(id, reasonOf(signal), true);
      const settle = (outcome: unknown, failed: boolean) => {
        signal?.removeEventListener("abort", aborted);
        if (failed) reject(outcome as Error);
        else resolve(outcome as Receipt);
      };
      signal?.addEventListener("abort", aborted, { once: true });
      this.#entries.set(id, { id, text, isUnderWay: false, settle });
      this.#bytes += text.length;
      this.#kept.keep(id, text);
      this.#schedule();
    });
  }

  #sendVolatile(message: OutgoingMessage): Promise<Receipt> {
    const text = this.#checked(toWire(message, undefined));
    // It must not overtake what was sent before it.
    this.#flush();
    const isSent = this.#isLive && this.#underWay === this.#entries.size && this.#port.write(text);
    return Promise.resolve({ id: undefined, status: isSent ? "sent" : "dropped" });
  }

  #checked(message: Record<string, unknown>): string {
    let text: string;
    try {
      text = JSON.stringify(message);
    } catch (error) {
      throw asError(error, "BAD_OPTION", "the message is not JSON");
    }
    // Counting bytes is only needed where characters of several bytes could make a difference.
    const max = Math.min(this.#maxFrameBytes, this.#port.maxQueuedBytes);
    if (text.length * 3 > max && new TextEncoder().encode(text).length > max) {
      throw new AllsparkError("TOO_LARGE", `a message has at most ${max} bytes of JSON`);
    }
    return text;
  }

  /** A connection is open: everything goes out again, in order. */
  connected(maxFrameBytes: number): void {
    this.#maxFrameBytes = maxFrameBytes;
    this.#isLive = true;
    this.#flush();
  }

  disconnected(): void {
    this.#isLive = false;
    clearTimeout(this.#pause);
    this.#pause = undefined;
    for (const entry of this.#entries.values()) entry.isUnderWay = false;
    this.#underWay = 0;
    this.#bytesUnderWay = 0;
  }

  acked(id: string, status: Receipt["status"]): void {
    this.#slowDowns = 0;
    this.#settle(id, { id, status } satisfies Receipt, false);
  }

  /** False where the message is not known (any more). */
  refused(id: string, error: WireError): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    if (error.code !== "RATE_LIMITED" && error.code !== "SLOW_DOWN")
      return this.#settle(id, new RefusedError(error), true);
    // Flow control, and nothing that the app has to know of.
    this.#leaves(entry);
    if (this.#pause === undefined) {
      const delayMs = fullJitter(this.#slowDowns++, SLOW_DOWN_BASE_MS, SLOW_DOWN_CAP_MS, Math.random());
      this.#pause = setTimeout(() => {
        this.#pause = undefined;
        this.#flush();
      }, delayMs);
    }
    return true;
  }

  /** Gives up everything: promises reject; a store keeps the messages for the next start. */
  abandon(error: AllsparkError): void {
    this.disconnected();
    for (const entry of this.#entries.values()) entry.settle?.(error, true);
    this.#entries.clear();
    this.#bytes = 0;
    this.#drained();
    this.#wakeIdle(error);
  }

  /** Resolves when every message was answered; rejects where they are given up before. */
  async idle(): Promise<void> {
    while (this.#entries.size > 0) {
      const error = await new Promise<AllsparkError | undefined>((resolve) => this.#idle.add(resolve));
      if (error !== undefined) throw error;
    }
  }

  #settle(id: string, outcome: unknown, failed: boolean): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#leaves(entry);
    this.#entries.delete(id);
    this.#bytes -= entry.text.length;
    this.#kept.forget(id);
    if (entry.settle !== undefined) entry.settle(outcome, failed);
    else {
      const [receipt, error] = failed ? [undefined, outcome] : [outcome, undefined];
      this.#port.settled({ id, receipt: receipt as Receipt | undefined, error: error as AllsparkError | undefined });
    }
    this.#drained();
    if (this.#entries.size === 0) this.#wakeIdle();
    else this.#schedule();
    return true;
  }

  #drained(): void {
    const { maxQueuedMessages, maxQueuedBytes } = this.#port;
    if (!this.#isFull || this.#entries.size > maxQueuedMessages / 2 || this.#bytes > maxQueuedBytes / 2) return;
    this.#isFull = false;
    this.#port.drain();
  }

  #wakeIdle(error?: AllsparkError): void {
    for (const resolve of this.#idle) resolve(error);
    this.#idle.clear();
  }

  #leaves(entry: Entry): void {
    if (!entry.isUnderWay) return;
    entry.isUnderWay = false;
    this.#underWay--;
    this.#bytesUnderWay -= entry.text.length;
  }

  /** What one tick of the app sends goes in one frame. */
  #schedule(): void {
    if (this.#isScheduled || !this.#isLive) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#isLive || this.#pause !== undefined || this.#underWay === this.#entries.size) return;
    let frame: string[] = [];
    let frameChars = 0;
    const write = () => {
      if (frame.length > 0) this.#port.write(frame.length === 1 ? frame[0]! : `[${frame.join(",")}]`);
      frame = [];
      frameChars = 0;
    };
    for (const entry of this.#entries.values()) {
      if (entry.isUnderWay) continue;
      const chars = entry.text.length;
      if (this.#underWay >= WINDOW_MESSAGES || (this.#underWay > 0 && this.#bytesUnderWay + chars > WINDOW_BYTES))
        break;
      // Up to three bytes a character: far below the limit, so that nobody has to count.
      if (frame.length >= FRAME_MESSAGES || (frameChars + chars) * 3 > this.#maxFrameBytes) write();
      frame.push(entry.text);
      frameChars += chars + 1;
      entry.isUnderWay = true;
      this.#underWay++;
      this.#bytesUnderWay += chars;
    }
    write();
  }
}

let newestStart = 0;

/** Two that start in the same moment must not swap places in a store. */
function newEpoch(): string {
  newestStart = Math.max(newestStart + 1, Date.now());
  return newestStart.toString(36) + Math.random().toString(36).slice(2, 6).padEnd(4, "0");
}
