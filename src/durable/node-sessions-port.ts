/** What the sessions of a node need of its object. */
import type { LaneReceiver } from "../domain/lane-receiver.ts";
import type { Outbox } from "../domain/outbox.ts";
import type { SessionWake } from "../domain/push/session-wake.ts";
import type { SessionRpc } from "./session-rpc.ts";

export interface NodeSessionsPort {
  readonly nodeId: string;
  /** Calls the object of a session. */
  session(sessionId: string): Pick<SessionRpc, "catchUp" | "caughtUp" | "presence" | "wakes">;
  readonly outbox: Outbox;
  readonly receiver: LaneReceiver;
  /** Is there any way to push to the node? Sessions wake it for what it misses, then. */
  wantsWakes(): boolean;
  /**
   * A message of a session waits in the session's log, which the node may be pushed to for; asked only where it `wantsWakes`.
   * Answers from when on it is worth a call of the session's to hear of another, ms.
   */
  missed(sessionId: string, wake: SessionWake): number;
  /** Something is to be sent at the end of this tick. */
  changed(): void;
  /** Calls back once, after about so many ms. */
  after(delayMs: number, callback: () => void): void;
  /** In [0, 1). */
  random(): number;
}
