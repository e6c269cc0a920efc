/**
 * What the library keeps in a store: whose it is, the place in the inbox, ids that were taken, messages not yet acked. Changes of
 * one moment go in one write, and writes one after the other.
 */
import { AllsparkError, asError } from "../errors.ts";
import type { ClientStore } from "./client-store.ts";

/** How far the app has taken what came, in one epoch of its inbox. */
export interface Cursor {
  epoch: string;
  seq: number;
}

/** What a store remembers against duplicates: at least the 1,000 that the edge may send again (docs/delivery.md). */
const SEEN_PER_PART = 64;
const SEEN_PARTS = 20;

/** What an earlier life left, oldest first. */
export interface Kept {
  seen: string[];
  unacked: [id: string, text: string][];
}

export class KeptState {
  readonly #store: ClientStore | undefined;
  readonly #failed: (error: AllsparkError) => void;
  #changes = new Map<string, string | null>();
  /** Taken, but in no part yet. */
  #taken: string[] = [];
  /** The newest part, and its number. */
  #seen: string[] = [];
  #seenPart = 0;
  /** Opening, writing and closing come one after the other, however the app calls for them. */
  #turn: Promise<unknown> = Promise.resolve();
  #isOpen = false;
  #isScheduled = false;
  #hasFailed = false;
  #nodeId: string | undefined;
  cursor: Cursor | undefined;

  constructor(store: ClientStore | undefined, failed: (error: AllsparkError) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /** Opens the store; nothing is written before. Rejects with AllsparkError STORAGE. */
  load(): Promise<Kept> {
    return this.#next(async () => {
      const kept: Kept = { seen: [], unacked: [] };
      if (this.#store === undefined) return kept;
      let entries: ReadonlyMap<string, string>;
      try {
        entries = await this.#store.load();
      } catch (error) {
        throw asError(error, "STORAGE", "the store cannot be opened");
      }
      this.#isOpen = true;
      this.#nodeId = entries.get("node");
      this.cursor = parsed(entries.get("cursor"));
      for (const key of [...entries.keys()].sort()) {
        const value = entries.get(key)!;
        if (key.startsWith("out/")) kept.unacked.push([key.slice(4), value]);
        else if (key.startsWith("seen/")) {
          this.#seenPart = Number(key.slice(5));
          this.#seen = parsed(value) ?? [];
          kept.seen.push(...this.#seen);
        }
      }
      void this.#flush();
      return kept;
    });
  }

  /** Throws AllsparkError STORAGE where the store is another node's: its messages must not go out in this one's name. */
  belongsTo(nodeId: string): void {
    if (!this.#isOpen || this.#nodeId === nodeId) return;
    if (this.#nodeId !== undefined) {
      throw new AllsparkError(
        "STORAGE",
        `the store is that of ${this.#nodeId}, not of ${nodeId}: give each node its own`,
      );
    }
    this.#nodeId = nodeId;
    this.#change("node", nodeId);
  }

  /** A message not yet acked; ids sort in the order of sending. */
  keep(id: string, message: string): void {
    this.#change(`out/${id}`, message);
  }

  forget(id: string): void {
    const name = `out/${id}`;
    // What was never written need not be deleted.
    if (!this.#changes.delete(name)) this.#change(name, null);
  }

  /** The app has everything up to `cursor`, these ids among it. Resolves when that is durable, or the failure was told of. */
  advance(cursor: Cursor, taken: readonly string[]): Promise<void> {
    const { cursor: last } = this;
    this.cursor = cursor;
    if (this.#store === undefined) return Promise.resolve();
    this.#taken.push(...taken);
    if (cursor.epoch !== last?.epoch || cursor.seq !== last.seq) this.#changes.set("cursor", JSON.stringify(cursor));
    return this.#flush();
  }

  /** What is under way is written first. */
  close(): Promise<void> {
    void this.#flush();
    return this.#next(async () => {
      if (!this.#isOpen) return;
      this.#isOpen = false;
      try {
        await this.#store?.close?.();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #next<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(step);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** What one tick of the app changes goes in one write. */
  #change(key: string, value: string | null): void {
    if (this.#store === undefined) return;
    this.#changes.set(key, value);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void this.#flush();
  }

  #flush(): Promise<void> {
    return this.#next(async () => {
      this.#isScheduled = false;
      if (!this.#isOpen) return;
      this.#fileTaken();
      const changes = this.#changes;
      if (changes.size === 0) return;
      this.#changes = new Map();
      try {
        await this.#store!.write(changes);
        this.#hasFailed = false;
      } catch (error) {
        this.#restore(changes);
        if (!this.#hasFailed) this.#fail(error);
        this.#hasFailed = true;
      }
    });
  }

  /** They go with the next write, but for messages settled by now: a store that fails for long must not cost memory. */
  #restore(changes: Map<string, string | null>): void {
    for (const [key, value] of this.#changes) {
      if (value !== null || !changes.get(key)) changes.set(key, value);
      else changes.delete(key);
    }
    this.#changes = changes;
  }

  /** Ids fill one part after the other, and the oldest part goes. */
  #fileTaken(): void {
    if (this.#taken.length === 0) return;
    this.#seen.push(...this.#taken.splice(0));
    this.#changes.set(`seen/${part(this.#seenPart)}`, JSON.stringify(this.#seen));
    if (this.#seen.length < SEEN_PER_PART) return;
    this.#seen = [];
    const oldest = ++this.#seenPart - SEEN_PARTS;
    if (oldest >= 0) this.#changes.set(`seen/${part(oldest)}`, null);
  }

  #fail(error: unknown): void {
    this.#failed(asError(error, "STORAGE", "the store takes nothing, so that a reload may lose messages"));
  }
}

/** Sorts as text in the order of numbers. */
function part(number: number): string {
  return String(number).padStart(9, "0");
}

/** A store that was damaged must not keep a client from starting. */
function parsed<T>(kept: string | undefined): T | undefined {
  try {
    return kept === undefined ? undefined : (JSON.parse(kept) as T);
  } catch {
    return undefined;
  }
}
