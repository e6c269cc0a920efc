/** The one alarm of an object, set to the earliest of what it is asked for. Setting it is a row written: not twice for the same. */
export class AlarmClock {
  readonly #storage: DurableObjectStorage;
  #at: number | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Wakes the object at the earliest of these times (ms) at the latest; undefined is never. */
  arm(...times: (number | undefined)[]): void {
    const at = Math.min(...times.filter((time) => time !== undefined));
    if (at === Infinity || (this.#at !== undefined && this.#at <= at)) return;
    this.#at = at;
    void this.#storage.setAlarm(at);
  }

  /** It rang, or its storage was deleted. */
  done(): void {
    this.#at = undefined;
  }
}
