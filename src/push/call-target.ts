/** Which service a target is called by. */
import { FALLBACK_ID, type TargetToCall } from "../domain/push/task.ts";
import type { Push } from "../domain/push/push.ts";
import type { Env } from "../env.ts";
import type { PushOutcome } from "./provider.ts";
import type { PushConfig } from "./push-config.ts";

export type CallTarget = (to: TargetToCall, push: Push) => Promise<PushOutcome>;

/** Calls the service of a target, as the deployment is configured. */
export function callerOf(env: Env, config: PushConfig): CallTarget {
  throw new Error("wired once the services are in");
}
