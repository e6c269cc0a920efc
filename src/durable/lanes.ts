/** The lanes of one object: ordered streams to each destination that it is talking to. */
import type { LaneMessage, LaneStatus } from "../domain/lane.ts";
import { LaneSender, type LanePort } from "../domain/lane-sender.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { LaneTarget } from "./rpc.ts";

const LANE_LIMITS = {
  batchMessages: LIMITS.laneBatchMessages,
  batchBytes: LIMITS.laneBatchBytes,
  eagerInFlight: LIMITS.laneEagerInFlight,
  inFlight: LIMITS.laneInFlight,
  messages: LIMITS.laneMessages,
  bytes: LIMITS.laneBytes,
  retryMs: LIMITS.laneRetryMs,
};

/** What all lanes of an object may hold. */
export interface LanesLimits {
  /** Idle lanes are kept for their stubs; past this many they are swept. */
  lanes: number;
  /** Characters waiting or in flight. */
  bytes: number;
}

const NODE_LIMITS: LanesLimits = { lanes: 1_000, bytes: LIMITS.lanesBytes };

export class Lanes {
  /** Names this life of the object: lanes of an earlier one must not be taken for these. */
  readonly #life = crypto.randomUUID();
  readonly #lanes = new Map<string, LaneSender>();
  readonly #dirty = new Set<LaneSender>();
  readonly #limits: LanesLimits;
  #bytes = 0;
  /** Since this object was started. */
  calls = 0;

  constructor(limits: LanesLimits = NODE_LIMITS) {
    this.#limits = limits;
  }

  /**
   * Puts a message of `src` into its lane to a destination; `key` names the destination, `target`
   * finds it. False where the lane, or all of them together, are full. `settle` is called once.
   */
  offer(
    src: string,
    key: string,
    target: () => LaneTarget,
    message: LaneMessage,
    settle: (status: LaneStatus) => void,
  ): boolean {
    const bytes = message.tail.length;
    if (this.#bytes > 0 && this.#bytes + bytes > this.#limits.bytes) return false;
    const lane = this.#lane(src, key, target);
    const taken = lane.offer(message, (status) => {
      this.#bytes -= bytes;
      settle(status);
    });
    if (!taken) return false;
    this.#bytes += bytes;
    this.#dirty.add(lane);
    return true;
  }

  /** Sends what may leave at once; call it at the end of an event. */
  flush(): void {
    for (const lane of this.#dirty) lane.flush();
  }

  /** Sends everything that was offered; call it at the end of a tick. */
  flushAll(): void {
    for (const lane of this.#dirty) lane.flushAll();
    this.#dirty.clear();
  }

  #lane(src: string, key: string, target: () => LaneTarget): LaneSender {
    const name = `${key}\u0000${src}`;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    if (this.#lanes.size >= this.#limits.lanes) {
      for (const [idle, lane] of this.#lanes) if (lane.idle) this.#lanes.delete(idle);
    }
    const lane = new LaneSender(
      `${this.#life}\u0000${name}`,
      src,
      port(target, () => this.calls++),
      LANE_LIMITS,
    );
    this.#lanes.set(name, lane);
    return lane;
  }
}

function port(target: () => LaneTarget, called: () => void): LanePort {
  // Calls over one stub arrive in order; after a failure a stub stays broken, so the next call takes a new one.
  let stub: LaneTarget | undefined;
  return {
    async deliver(batch) {
      stub ??= target();
      called();
      try {
        return await stub.deliver(batch);
      } catch (error) {
        stub = undefined;
        throw error;
      }
    },
    now: () => Date.now(),
    random: () => Math.random(),
    after: (delayMs, callback) => void setTimeout(callback, delayMs),
  };
}
