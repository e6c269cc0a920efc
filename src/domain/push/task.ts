/** What a node's object and the consumer of the push queue tell each other. */
import type { Push } from "./push.ts";
import type { PushTarget } from "./target.ts";

/** What a push calls; the deployment's own webhook has the id FALLBACK_ID. */
export interface TargetToCall {
  id: string;
  target: PushTarget;
}

export const FALLBACK_ID = "deployment";

export interface PushToSend {
  state: "send";
  push: Push;
  /** At least one, but for a test. */
  targets: readonly TargetToCall[];
}

/** What to do with a job: nothing any more, ask again later, or call these targets. */
export type PushTask = { state: "over" } | { state: "later"; afterMs: number } | PushToSend;

/** What became of the call to one target; see src/push/provider.ts. */
export interface TargetOutcome {
  id: string;
  result: "sent" | "dead" | "failed" | "later";
}
