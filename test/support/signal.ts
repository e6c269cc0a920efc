/** Waits for a state rather than for a time: predicates are looked at again whenever the owner says that something changed. */

interface Waiter {
  holds: () => boolean;
  resolve: () => void;
}

export class Signal {
  readonly #waiters = new Set<Waiter>();

  /** Looks at every waiting predicate; costs nothing while nobody waits. */
  changed(): void {
    for (const waiter of this.#waiters) if (waiter.holds()) waiter.resolve();
  }

  /**
   * Resolves as soon as `holds()` does; rejects after `ms` with what `what` says was awaited. A function as `what` is
   * called only then, so it can tell how far things came.
   */
  until(holds: () => boolean, ms: number, what: string | (() => string)): Promise<void> {
    if (holds()) return Promise.resolve();
    // Made here, so that its stack names the line that waits.
    const failure = new Error();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        holds,
        resolve: () => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        failure.message = `not within ${ms} ms: ${typeof what === "string" ? what : what()}`;
        reject(failure);
      }, ms);
      this.#waiters.add(waiter);
    });
  }
}
