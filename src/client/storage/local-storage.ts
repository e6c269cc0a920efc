import type { ClientStore } from "./client-store.ts";
import { isAdoptable, type Slots, takeSlots } from "./slots.ts";

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
  let slots: Slots | undefined;
  const prefixOf = (slot: number) => `allspark/${name}/${slot}/`;
  return {
    load: async () => {
      slots ??= await takeSlots(name);
      const own = prefixOf(slots.own);
      for (const prefix of slots.orphans.map(prefixOf)) {
        for (const [key, value] of entriesOf(storage, prefix)) {
          if (isAdoptable(key)) storage.setItem(own + key, value);
          storage.removeItem(prefix + key);
        }
      }
      return new Map(entriesOf(storage, own));
    },
    write: (changes) => {
      const prefix = prefixOf(slots?.own ?? 0);
      for (const [key, value] of changes) {
        if (value === null) storage.removeItem(prefix + key);
        else storage.setItem(prefix + key, value);
      }
    },
    close: () => {
      slots?.release();
      slots = undefined;
    },
  };
}

function entriesOf(storage: Storage, prefix: string): [string, string][] {
  return Object.keys(storage)
    .filter((key) => key.startsWith(prefix))
    .map((key) => [key.slice(prefix.length), storage.getItem(key) ?? ""]);
}
