/**
 * Remembers what became of recent messages, so that a message that comes twice is delivered once.
 * Bounded by ids a source and by ids in all; what was used least recently goes first.
 */
export interface RecentIdsLimits {
  idsPerSource: number;
  sources: number;
  ids: number;
}

export class RecentIds<Outcome> {
  readonly #limits: RecentIdsLimits;
  /** Sources in order of last use, the ids of each in order of arrival. */
  readonly #sources = new Map<string, Map<string, Outcome>>();
  #ids = 0;

  constructor(limits: RecentIdsLimits) {
    this.#limits = limits;
  }

  get(source: string, id: string): Outcome | undefined {
    return this.#sources.get(source)?.get(id);
  }

  set(source: string, id: string, outcome: Outcome): void {
    const ids = this.#touch(source);
    if (!ids.has(id)) this.#ids++;
    ids.set(id, outcome);
    if (ids.size > this.#limits.idsPerSource) this.#forgetOldest(ids);
    while (this.#sources.size > this.#limits.sources || this.#ids > this.#limits.ids) this.#forgetSource();
  }

  /** Forgets a message that was refused: sent again, it is a new attempt. */
  delete(source: string, id: string): void {
    if (this.#sources.get(source)?.delete(id)) this.#ids--;
  }

  #touch(source: string): Map<string, Outcome> {
    const ids = this.#sources.get(source) ?? new Map<string, Outcome>();
    this.#sources.delete(source);
    this.#sources.set(source, ids);
    return ids;
  }

  #forgetOldest(ids: Map<string, Outcome>): void {
    const [oldest] = ids.keys();
    ids.delete(oldest!);
    this.#ids--;
  }

  #forgetSource(): void {
    const [source, ids] = this.#sources.entries().next().value!;
    // The last source left only loses its oldest ids.
    if (this.#sources.size === 1) return this.#forgetOldest(ids);
    this.#sources.delete(source);
    this.#ids -= ids.size;
  }
}
