/**
 * What the library keeps in a store: whose it is, the place in the inbox, ids that were taken, messages not yet acked. Changes of
 * one moment go in one write, and writes one after the other.
 */
import { AllsparkError, asError } from "../errors.ts";
import { text, whole } from "../message.ts";
import type { ClientStore } from "./client-store.ts";

/** How far the app has taken what came, in one epoch of its inbox. */
export interface Cursor {
  epoch: string;
  seq: number;
}

const SEEN_PER_PART = 256;
const SEEN_PARTS = 5;

export class KeptState {
  readonly #store: ClientStore | undefined;
  readonly #failed: (error: AllsparkError) => void;
  #changes = new Map<string, string | null>();
  #writing: Promise<void> | undefined;
  #seenPart = 0;
  #seen: string[] = [];
  #nodeId: string | undefined;
  cursor: Cursor | undefined;
  /** Read from the store, oldest first; whoever loads takes them. */
  seen: string[] = [];
  unacked: [key: string, text: string][] = [];

  constructor(store: ClientStore | undefined, failed: (error: AllsparkError) => void) {
    this.#store = store;
    this.#failed = failed;
  }

  /** Rejects with AllsparkError STORAGE. */
  async load(): Promise<void> {
    if (this.#store === undefined) return;
    let kept: ReadonlyMap<string, string>;
    try {
      kept = await this.#store.load();
    } catch (error) {
      throw asError(error, "STORAGE", "the store cannot be opened");
    }
    this.#nodeId = kept.get("node");
    this.cursor = cursorOf(kept.get("cursor"));
    for (const key of [...kept.keys()].sort()) {
      const value = kept.get(key)!;
      if (key.startsWith("out/")) this.unacked.push([key.slice(4), value]);
      else if (key.startsWith("seen/")) {
        this.#seenPart = Math.max(this.#seenPart, Number(key.slice(5)) + 1);
        this.seen.push(...idsOf(value));
      }
    }
  }

  /** Throws AllsparkError STORAGE where the store is another node's: its messages must not go out in this one's name. */
  belongsTo(nodeId: string): void {
    if (this.#store === undefined || this.#nodeId === nodeId) return;
    if (this.#nodeId !== undefined) {
      throw new AllsparkError(
        "STORAGE",
        `the store is that of ${this.#nodeId}, not of ${nodeId}: give each node its own`,
      );
    }
    this.#nodeId = nodeId;
    this.#change("node", nodeId);
  }

  /** A message not yet acked; keys sort in the order of sending. */
  keep(key: string, message: string): void {
    this.#change(`out/${key}`, message);
  }

  forget(key: string): void {
    this.#change(`out/${key}`, null);
  }

  /** The app has everything up to `cursor`, these ids among it. Resolves (or returns) when that is durable. */
  advance(cursor: Cursor, taken: readonly string[]): Promise<void> | void {
    this.cursor = cursor;
    if (this.#store === undefined) return;
    if (taken.length > 0) {
      this.#seen.push(...taken);
      this.#change(`seen/${part(this.#seenPart)}`, JSON.stringify(this.#seen));
      if (this.#seen.length >= SEEN_PER_PART) {
        this.#seen = [];
        this.#seenPart++;
        if (this.#seenPart >= SEEN_PARTS) this.#change(`seen/${part(this.#seenPart - SEEN_PARTS)}`, null);
      }
    }
    this.#change("cursor", JSON.stringify(cursor));
    return this.flush();
  }

  /** Resolves (or returns) when all changes so far are written, or failed and were told of. */
  flush(): Promise<void> | void {
    if (this.#writing !== undefined) return this.#writing.then(() => this.flush());
    if (this.#changes.size === 0 || this.#store === undefined) return;
    const changes = this.#changes;
    this.#changes = new Map();
    try {
      const written = this.#store.write(changes);
      if (written === undefined) return;
      this.#writing = written
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#writing = undefined;
        });
      return this.#writing;
    } catch (error) {
      this.#fail(error);
    }
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#store?.close?.();
  }

  #change(key: string, value: string | null): void {
    if (this.#store === undefined) return;
    if (this.#changes.size === 0) queueMicrotask(() => void this.flush());
    this.#changes.set(key, value);
  }

  #fail(error: unknown): void {
    this.#failed(asError(error, "STORAGE", "the store takes nothing, so that a reload may lose messages"));
  }
}

/** Sorts as text in the order of numbers. */
function part(number: number): string {
  return String(number).padStart(9, "0");
}

function cursorOf(kept: string | undefined): Cursor | undefined {
  const value = parsed(kept) as { epoch?: unknown; seq?: unknown } | null | undefined;
  const epoch = text(value?.epoch);
  const seq = whole(value?.seq);
  return epoch === undefined || seq === undefined ? undefined : { epoch, seq };
}

function idsOf(kept: string): string[] {
  const value = parsed(kept);
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : [];
}

/** A store that was tampered with must not keep a client from starting. */
function parsed(kept: string | undefined): unknown {
  try {
    return kept === undefined ? undefined : JSON.parse(kept);
  } catch {
    return undefined;
  }
}
