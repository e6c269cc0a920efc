/** Where in the inbox the newest message of each collapse key stands. A key may outlive its message; then it means nothing. */

export interface CollapseStore {
  collapseSeq(key: string): number | undefined;
  setCollapseSeq(key: string, seq: number): void;
  deleteCollapse(key: string): void;
  collapseKeys(): { key: string; seq: number }[];
  clearCollapse(): void;
}

/** So many keys more than twice the messages of the inbox may be kept for messages that are gone. */
const SLACK = 256;

export class CollapseKeys {
  readonly #store: CollapseStore;
  /** At least as many as there are keys; undefined until it matters. */
  #count: number | undefined;

  constructor(store: CollapseStore) {
    this.#store = store;
  }

  get #size(): number {
    return (this.#count ??= this.#store.collapseKeys().length);
  }

  seqOf(key: string): number | undefined {
    return this.#store.collapseSeq(key);
  }

  set(key: string, seq: number): void {
    this.#count = this.#size + 1;
    this.#store.setCollapseSeq(key, seq);
  }

  /** Forgets keys whose messages are gone, once there are many of them; `seqs` lists what an inbox of so many holds. */
  prune(messages: number, seqs: () => ReadonlySet<number>): void {
    if (this.#size <= 2 * messages + SLACK) return;
    const held = seqs();
    const all = this.#store.collapseKeys();
    for (const { key, seq } of all) if (!held.has(seq)) this.#store.deleteCollapse(key);
    this.#count = undefined;
  }

  /** Messages got other seqs. */
  renumber(fresh: ReadonlyMap<number, number>): void {
    if (fresh.size === 0 || this.#size === 0) return;
    for (const { key, seq } of this.#store.collapseKeys()) {
      const next = fresh.get(seq);
      if (next !== undefined) this.#store.setCollapseSeq(key, next);
    }
  }

  /** The inbox is empty. */
  clear(): void {
    if (this.#size === 0) return;
    this.#store.clearCollapse();
    this.#count = 0;
  }
}
