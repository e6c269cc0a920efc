/**
 * Callers of keys that verified lately, per isolate, so that a busy node's key costs one verification a minute. Holds
 * no failures: a refused key may be good a moment later (not valid yet, issuer not reachable).
 */
import type { Caller } from "../../durable/rpc.ts";

/** For how long at most a key is trusted unseen: also how long one outlives the removal of its key from a JWKS. */
export const VERIFIED_TTL_MS = 60_000;

const MAX_ENTRIES = 10_000;

/** Of all keys together, so that long ones cannot fill the isolate's 128 MiB. */
const MAX_CHARS = 8 * 1024 * 1024;

interface Entry {
  caller: Caller;
  from: number;
  until: number;
}

export class VerifiedCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #maxChars: number;
  #chars = 0;
  #config = "";

  constructor(maxEntries = MAX_ENTRIES, maxChars = MAX_CHARS) {
    this.#maxEntries = maxEntries;
    this.#maxChars = maxChars;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The caller of this key if it verified under this very config and is still good at `now`. */
  get(key: string, config: string, now: number): Caller | undefined {
    if (config !== this.#config) return undefined;
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // Before `from` nothing is known: the clock went back, and the key may not be valid yet.
    if (now >= entry.from && now <= entry.until) return { ...entry.caller };
    this.#delete(key);
    return undefined;
  }

  /** Remembers a key that is good until `notAfter` (ms, inclusive). Another config than before empties the cache. */
  set(key: string, config: string, caller: Caller, now: number, notAfter: number): void {
    if (config !== this.#config) {
      this.#entries.clear();
      this.#chars = 0;
      this.#config = config;
    }
    this.#delete(key);
    this.#entries.set(key, { caller: { ...caller }, from: now, until: Math.min(notAfter, now + VERIFIED_TTL_MS) });
    this.#chars += key.length;
    // A Map keeps the order of insertion: the first is the oldest.
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries && this.#chars <= this.#maxChars) break;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    if (this.#entries.delete(key)) this.#chars -= key.length;
  }
}
