/** Where a client keeps what must survive a reload or a crash. */

/** Changes by key; null deletes. */
export type StoreChanges = ReadonlyMap<string, string | null>;

/**
 * A small durable map of text. Write one for any store you have: two methods, and a third where several programs could open the
 * same store.
 *
 * @example
 * ```ts
 * import { Allspark, type ClientStore } from "allspark/client";
 *
 * const kept = new Map<string, string>();
 * const store: ClientStore = {
 *   load: () => kept,
 *   write: (changes) => {
 *     for (const [key, value] of changes) {
 *       if (value === null) kept.delete(key);
 *       else kept.set(key, value);
 *     }
 *   },
 * };
 * console.log(new Allspark({ url: "http://localhost:8787", authKey: "…", storage: store }).status.state);
 * ```
 */
export interface ClientStore {
  /** Everything in it. Called once, before the first connection. Rejects where another program has it open. */
  load(): Promise<ReadonlyMap<string, string>> | ReadonlyMap<string, string>;
  /** Applies all changes or none, as far as the store can. What is acked on the strength of it must be durable when it returns. */
  write(changes: StoreChanges): Promise<void> | void;
  /** Lets others open it. */
  close?(): Promise<void> | void;
}
