import { createStore, type UseStore } from "idb-keyval";
import type { ClientStore } from "./client-store.ts";
import { isAdoptable, openSlot, type Slot, takeSlot } from "./slots.ts";

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
  let slot: Slot | undefined;
  let open: UseStore | undefined;
  const database = () => (open ??= createStore(`allspark/${name}`, "kept"));
  const prefixOf = (number: number) => `${number}/`;
  const rangeOf = (prefix: string) => IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  return {
    load: async () => {
      slot ??= await takeSlot(name);
      const own = prefixOf(slot.number);
      await slot.adoptOthers((other) =>
        database()("readwrite", async (store) => {
          const prefix = prefixOf(other);
          const { transaction } = store;
          for (const [key, value] of await entriesOf(store, rangeOf(prefix))) {
            store.delete(key);
            const plain = key.slice(prefix.length);
            if (isAdoptable(plain)) store.put(value, own + plain);
          }
          return committed(transaction);
        }),
      );
      const kept = await database()("readonly", (store) => entriesOf(store, rangeOf(own)));
      return new Map(kept.map(([key, value]) => [key.slice(own.length), value]));
    },
    write: async (changes) => {
      const prefix = prefixOf(openSlot(slot, name));
      return database()("readwrite", (store) => {
        for (const [key, value] of changes) {
          if (value === null) store.delete(prefix + key);
          else store.put(value, prefix + key);
        }
        return committed(store.transaction);
      });
    },
    close: () => {
      slot?.release();
      slot = undefined;
    },
  };
}

async function entriesOf(store: IDBObjectStore, range: IDBKeyRange): Promise<[string, string][]> {
  const [keys, values] = await Promise.all([answer(store.getAllKeys(range)), answer(store.getAll(range))]);
  return keys.map((key, i) => [key as string, values[i] as string]);
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
