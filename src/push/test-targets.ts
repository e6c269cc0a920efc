/** Calls targets once, for somebody who waits for the outcome. */
import { inParallel } from "../domain/in-parallel.ts";
import type { PushToSend, TargetOutcome } from "../domain/push/task.ts";
import type { PushKind } from "../domain/push/target.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { CallTarget } from "./provider.ts";

export interface TestOutcome extends TargetOutcome {
  kind: PushKind;
  /** Absent where all went well. */
  why?: string;
}

/** What became of each, in the order of the targets. */
export function testTargets(call: CallTarget, { push, targets }: PushToSend): Promise<TestOutcome[]> {
  return inParallel(targets, LIMITS.pushCallsInFlight, async (to): Promise<TestOutcome> => {
    const outcome = await call(to, push);
    const { kind } = to.target;
    if (outcome.result === "sent") return { id: to.id, kind, result: "sent" };
    return { id: to.id, kind, result: outcome.result, why: outcome.why };
  });
}
