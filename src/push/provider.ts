/** The port behind which the push services stand: fcm.ts, apns.ts, web-push.ts, webhook.ts. */
import type { Push } from "../domain/push/push.ts";
import type { PushTarget } from "../domain/push/target.ts";
import type { TargetToCall } from "../domain/push/task.ts";

/** What became of one call. `why` is for logs and the operator: it holds no token, key or text of the push. */
export type PushOutcome =
  | { result: "sent" }
  /** The service says that this target is gone for good: it is to be removed. */
  | { result: "dead"; why: string }
  /** It will not go better next time (a wrong setting, a refused payload); the target stays. */
  | { result: "failed"; why: string }
  /** It may go better later; `retryAfterMs` where the service said when. */
  | { result: "later"; why: string; retryAfterMs?: number };

export interface PushProvider<Target extends PushTarget = PushTarget> {
  /**
   * Calls the service once. Never rejects: whatever goes wrong is an outcome. `callId` names this push to this target,
   * over all tries, where a service can tell a repetition by it. Takes at most CALL_LIMIT_MS.
   */
  send(target: Target, push: Push, callId: string): Promise<PushOutcome>;
}

/** Calls the service behind a target; never rejects. */
export type CallTarget = (to: TargetToCall, push: Push) => Promise<PushOutcome>;

/** How long one call may take before it counts as failed, ms. */
export const CALL_LIMIT_MS = 10_000;
