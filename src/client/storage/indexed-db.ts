import { createStore, type UseStore } from "idb-keyval";
import type { ClientStore } from "./client-store.ts";
import { isAdoptable, type Slots, takeSlots } from "./slots.ts";

/**
 * Keeps everything in IndexedDB: more room than localStorage, in pages and workers, and nothing blocks. Give each node a `name` of
 * its own. Several tabs may use it at once.
 *
 * @example
 * ```ts
 * import { Allspark } from "allspark/client";
 * import { indexedDbStore } from "allspark/client/storage";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…", storage: indexedDbStore("alice") });
 * await allspark.connect();
 * ```
 */
export function indexedDbStore(name: string): ClientStore {
  let slots: Slots | undefined;
  let open: UseStore | undefined;
  const database = () => (open ??= createStore(`allspark/${name}`, "kept"));
  const prefixOf = (slot: number) => `${slot}/`;
  return {
    load: async () => {
      slots ??= await takeSlots(name);
      const { own, orphans } = slots;
      return database()("readwrite", async (store) => {
        const kept = new Map<string, string>();
        const take = async (slot: number) => {
          const prefix = prefixOf(slot);
          const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
          const [keys, values] = await Promise.all([answer(store.getAllKeys(range)), answer(store.getAll(range))]);
          keys.forEach((key, i) => {
            const plain = (key as string).slice(prefix.length);
            if (slot !== own) {
              store.delete(key);
              if (!isAdoptable(plain)) return;
              store.put(values[i], prefixOf(own) + plain);
            }
            kept.set(plain, String(values[i]));
          });
        };
        for (const slot of [own, ...orphans]) await take(slot);
        return kept;
      });
    },
    write: (changes) => {
      const prefix = prefixOf(slots?.own ?? 0);
      return database()("readwrite", (store) => {
        for (const [key, value] of changes) {
          if (value === null) store.delete(prefix + key);
          else store.put(value, prefix + key);
        }
        return committed(store.transaction);
      });
    },
    close: () => {
      slots?.release();
      slots = undefined;
    },
  };
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("IndexedDB failed"));
  });
}
