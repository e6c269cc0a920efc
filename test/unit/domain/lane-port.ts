/** A LanePort whose calls are answered by the test, with a clock of its own. */
import type { LaneAnswer, LaneBatch, LaneMessage, LaneStatus } from "../../../src/domain/lane.ts";
import { type LaneLimits, LaneSender } from "../../../src/domain/lane-sender.ts";

export interface Call {
  batch: LaneBatch;
  answer(answer: LaneAnswer | LaneStatus): Promise<void>;
  fail(): Promise<void>;
}

/** Lets everything that promises have made due run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export class ManualPort {
  time = 1_000_000;
  /** Every call so far, oldest first. */
  readonly calls: Call[] = [];
  readonly pauses: number[] = [];
  #timers: { at: number; callback: () => void }[] = [];

  now = (): number => this.time;
  random = (): number => 0.5;

  deliver = (batch: LaneBatch): Promise<LaneAnswer> => {
    const { promise, resolve, reject } = Promise.withResolvers<LaneAnswer>();
    this.calls.push({
      batch,
      answer: (answer) => (resolve(typeof answer === "string" ? { statuses: answer } : answer), settled()),
      fail: () => (reject(new Error("the destination is down")), settled()),
    });
    return promise;
  };

  after = (delayMs: number, callback: () => void): void => {
    this.pauses.push(delayMs);
    this.#timers.push({ at: this.time + delayMs, callback });
  };

  /** Moves the clock and runs what came due. */
  async pass(ms: number): Promise<void> {
    this.time += ms;
    const due = this.#timers.filter(({ at }) => at <= this.time);
    this.#timers = this.#timers.filter(({ at }) => at > this.time);
    for (const { callback } of due) callback();
    await settled();
  }

  /** The ids of each call so far. */
  get sent(): string[][] {
    return this.calls.map(({ batch }) => batch.messages.map(({ id }) => id));
  }
}

export const LANE_LIMITS: LaneLimits = {
  batchMessages: 3,
  batchBytes: 100,
  eagerInFlight: 2,
  inFlight: 2,
  messages: 20,
  bytes: 1_000,
  retryMs: 10_000,
};

/**
 * A lane over a manual port, with the outcome of each message by its id. Unless told otherwise, it sends at once as
 * many batches as it may have in flight.
 */
export function lane(limits: Partial<LaneLimits> = {}) {
  const port = new ManualPort();
  const sender = new LaneSender("life lane", "src", port, {
    ...LANE_LIMITS,
    eagerInFlight: limits.inFlight ?? LANE_LIMITS.inFlight,
    ...limits,
  });
  const outcomes: Record<string, LaneStatus[]> = {};
  const offer = (id: string, change: Partial<LaneMessage> & { bytes?: number } = {}): boolean => {
    const { bytes = 1, ...rest } = change;
    const message = { id, tail: "x".repeat(bytes), expiresAt: 0, volatile: false, ...rest };
    return sender.offer(message, (status) => (outcomes[id] ??= []).push(status));
  };
  return { port, sender, outcomes, offer };
}
