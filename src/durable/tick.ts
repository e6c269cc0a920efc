/**
 * Gathers the work of one tick. A lone event is handled at once; while events follow each other
 * closely their work is put together, so that under load frames and calls carry more each.
 */
export class Tick {
  readonly #run: () => void;
  readonly #gatherMs: number;
  #scheduled = false;
  #last = 0;

  /** `run` is called at the end of the event, or up to `gatherMs` after the last run. */
  constructor(run: () => void, gatherMs: number) {
    this.#run = run;
    this.#gatherMs = gatherMs;
  }

  soon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const sinceLast = Date.now() - this.#last;
    if (sinceLast >= this.#gatherMs) queueMicrotask(this.#now);
    else setTimeout(this.#now, this.#gatherMs - sinceLast);
  }

  #now = (): void => {
    this.#scheduled = false;
    this.#last = Date.now();
    this.#run();
  };
}
