import type { ClientStore } from "./client-store.ts";
import { isAdoptable, openSlot, type Slot, takeSlot } from "./slots.ts";

/**
 * Keeps everything in a page's localStorage (some 5 MiB an origin, synchronous: what it has taken survives a crash of the page).
 * Give each node a `name` of its own. Several tabs may use it at once.
 *
 * @example
 * ```ts
 * import { Allspark } from "allspark/client";
 * import { localStorageStore } from "allspark/client/storage";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…", storage: localStorageStore("alice") });
 * await allspark.connect();
 * ```
 */
export function localStorageStore(name: string, storage: Storage = localStorage): ClientStore {
  let slot: Slot | undefined;
  const prefixOf = (number: number) => `allspark/${name}/${number}/`;
  return {
    load: async () => {
      slot ??= await takeSlot(name);
      const own = prefixOf(slot.number);
      await slot.adoptOthers((other) => {
        const prefix = prefixOf(other);
        for (const [key, value] of entriesOf(storage, prefix)) {
          if (isAdoptable(key)) storage.setItem(own + key, value);
          storage.removeItem(prefix + key);
        }
      });
      return new Map(entriesOf(storage, own));
    },
    write: (changes) => {
      const prefix = prefixOf(openSlot(slot, name));
      // What goes makes room for what comes.
      for (const [key, value] of changes) if (value === null) storage.removeItem(prefix + key);
      for (const [key, value] of changes) if (value !== null) storage.setItem(prefix + key, value);
    },
    close: () => {
      slot?.release();
      slot = undefined;
    },
  };
}

function entriesOf(storage: Storage, prefix: string): [string, string][] {
  return Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "")
    .filter((key) => key.startsWith(prefix))
    .map((key) => [key.slice(prefix.length), storage.getItem(key) ?? ""]);
}
