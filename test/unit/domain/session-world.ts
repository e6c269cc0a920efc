/**
 * Objects that call each other over a wire that is slow, loses calls and answers, and outlives them: what the session model
 * runs in. Everything happens when `run` picks it, so a seed repeats it.
 */
import { vi } from "vitest";
import type { SeededRandom } from "../../support/seeded-random.ts";

/** From one start of an object to its end. */
export interface Life {
  readonly name: string;
  alive: boolean;
  /** Calls that it is answering; they fail with it. */
  readonly calls: Set<() => void>;
  /** Calls that it waits for. */
  asking: number;
}

interface Event {
  /** Those of one lane happen in order. */
  lane: string;
  run: () => void;
}

export class World {
  readonly random: SeededRandom;
  now = 1_000_000;
  /** Of each call, the chance to fail before and after it is carried out. */
  failing = 0;
  /** Objects that nobody can call. */
  readonly down = new Set<string>();
  #events: Event[] = [];
  #timers: { at: number; life: Life; run: () => void }[] = [];
  #count = 0;

  constructor(random: SeededRandom) {
    this.random = random;
    vi.setSystemTime(this.now);
  }

  /** Nothing is under way, timers aside. */
  get isQuiet(): boolean {
    return this.#events.length === 0;
  }

  get nextTimer(): number | undefined {
    const due = this.#timers.filter(({ life }) => life.alive).map(({ at }) => at);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Does this object do nothing, and wait for nothing? */
  isIdle(life: Life): boolean {
    return life.calls.size === 0 && life.asking === 0 && this.#timers.every((timer) => timer.life !== life);
  }

  start(name: string): Life {
    return { name, alive: true, calls: new Set(), asking: 0 };
  }

  end(life: Life): void {
    life.alive = false;
    for (const fail of life.calls) fail();
    life.calls.clear();
  }

  /** Something that an object does to itself, unless it ends before. */
  soon(life: Life, run: () => void): void {
    this.#events.push({ lane: `own ${this.#count++}`, run: () => life.alive && run() });
  }

  after(life: Life, delayMs: number, run: () => void): void {
    this.#timers.push({ at: this.now + delayMs, life, run });
  }

  /** A call from one object to whatever life another has when the call gets there; `lane` for calls that arrive in order. */
  call<T>(caller: Life, lane: string, callee: () => Life, task: () => Promise<T> | T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    caller.asking++;
    const back = (settle: () => void) =>
      this.#events.push({
        lane: `back ${this.#count++}`,
        run: () => {
          caller.asking--;
          if (caller.alive) settle();
        },
      });
    const fail = () => back(() => reject(new Error(`call ${lane} failed`)));
    this.#events.push({
      lane,
      run: () => {
        const life = callee();
        if (this.down.has(life.name) || this.random.chance(this.failing)) return fail();
        life.calls.add(fail);
        void Promise.resolve(task()).then(
          (value) => {
            if (!life.calls.delete(fail)) return;
            if (this.random.chance(this.failing)) fail();
            else back(() => resolve(value));
          },
          (error: unknown) => {
            if (life.calls.delete(fail)) back(() => reject(error as Error));
          },
        );
      },
    });
    return promise;
  }

  /** Lets one of the events happen that are under way; false where there is none. */
  async run(): Promise<boolean> {
    if (this.#events.length === 0) return false;
    const { lane } = this.random.chance(0.5) ? this.#events[0]! : this.random.pick(this.#events);
    const [event] = this.#events.splice(
      this.#events.findIndex((other) => other.lane === lane),
      1,
    );
    event!.run();
    await settled();
    return true;
  }

  async advance(ms: number): Promise<void> {
    this.now += ms;
    vi.setSystemTime(this.now);
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { life, run } of due) if (life.alive) run();
    await settled();
  }
}

/** Lets everything that promises have made due run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
