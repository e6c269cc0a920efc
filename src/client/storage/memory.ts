import type { ClientStore, StoreChanges } from "./client-store.ts";

/**
 * Keeps nothing beyond this program's life, but beyond that of one {@link Allspark}: give the same store to the next one.
 *
 * @example
 * ```ts
 * import { Allspark } from "allspark/client";
 * import { memoryStore } from "allspark/client/storage";
 *
 * const storage = memoryStore();
 * const first = new Allspark({ url: "http://localhost:8787", authKey: "…", storage });
 * await first.close();
 * const second = new Allspark({ url: "http://localhost:8787", authKey: "…", storage });
 * console.log(second.status.state);
 * ```
 */
export function memoryStore(): ClientStore {
  const kept = new Map<string, string>();
  return {
    load: () => new Map(kept),
    write: (changes: StoreChanges) => {
      for (const [key, value] of changes) {
        if (value === null) kept.delete(key);
        else kept.set(key, value);
      }
    },
  };
}
