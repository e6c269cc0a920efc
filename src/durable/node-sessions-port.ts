/** What the sessions of a node need of its object. */
import type { LaneReceiver } from "../domain/lane-receiver.ts";
import type { Outbox } from "../domain/outbox.ts";
import type { SessionRpc } from "./session-rpc.ts";

export interface NodeSessionsPort {
  readonly nodeId: string;
  /** Calls the object of a session. */
  session(sessionId: string): Pick<SessionRpc, "catchUp" | "caughtUp" | "presence">;
  readonly outbox: Outbox;
  readonly receiver: LaneReceiver;
  /** Something is to be sent at the end of this tick. */
  changed(): void;
  /** Calls back once, after about so many ms. */
  after(delayMs: number, callback: () => void): void;
  /** In [0, 1). */
  random(): number;
}
