/** Remembers messages that the app has taken, so that none comes twice; the oldest go first. */

/** As many as the edge remembers of one recipient (docs/protocol.md, Limits). */
const MAX_SEEN = 20_000;

export class SeenIds {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= MAX_SEEN) return;
    const [oldest] = this.#ids;
    this.#ids.delete(oldest!);
  }
}
