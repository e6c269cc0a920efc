/**
 * The queue's consumer: asks each job's node what there is to push, calls the services, and tells the node what became of
 * it. A job is done with once every target has taken the push or never will; until then the queue brings it again.
 */
import { retryDelayMs } from "../domain/push/retry-delay.ts";
import type { PushToSend, TargetOutcome, TargetToCall } from "../domain/push/task.ts";
import type { NodeObject } from "../durable/node.ts";
import { pushCaller } from "../durable/push-caller.ts";
import { ConfigError, type Env, parseConfig } from "../env.ts";
import { inParallel } from "../domain/in-parallel.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { CallTarget, PushOutcome } from "../push/provider.ts";
import type { PushJobMessage } from "../push/push-job.ts";

interface Job {
  message: Message<PushJobMessage>;
  node: DurableObjectStub<NodeObject>;
  send: PushToSend;
  outcomes: (TargetOutcome & { retryAfterMs: number })[];
}

/** What a wrong setting keeps from going out is tried again so much later, s: somebody has to mend it first. */
const MISCONFIGURED_DELAY_S = 60;

/** Handles one batch. What fails in a way that nobody foresaw is left to the queue, which brings it again. */
export async function consumePushes(batch: MessageBatch<PushJobMessage>, env: Env): Promise<void> {
  let call: CallTarget;
  try {
    call = pushCaller(env, parseConfig(env).push);
  } catch (error) {
    // Logged where it was found, once.
    if (!(error instanceof ConfigError)) throw error;
    return batch.retryAll({ delaySeconds: MISCONFIGURED_DELAY_S });
  }
  const jobs = (await Promise.all(batch.messages.map((message) => prepare(message, env)))).flatMap((job) => job ?? []);
  const calls = jobs.flatMap((job) => job.send.targets.map((target) => ({ job, target })));
  await inParallel(calls, LIMITS.pushCallsInFlight, async ({ job, target }) => {
    job.outcomes.push(await outcomeOf(call, target, job));
    // Each job as soon as it is through: what was noted as sent is not sent again, whatever happens to the rest.
    if (job.outcomes.length === job.send.targets.length) await finish(job);
  });
}

/** Asks the node; undefined where there is nothing to be called now. */
async function prepare(message: Message<PushJobMessage>, env: Env): Promise<Job | undefined> {
  const { nodeId, job } = message.body;
  const node = env.NODE.getByName(nodeId);
  try {
    const task = await node.pushTask(job);
    if (task.state === "send") return { message, node, send: task, outcomes: [] };
    if (task.state === "later") retry(message, task.afterMs);
    else message.ack();
  } catch (error) {
    console.error("a node could not be asked for its push:", (error as Error).message);
    retry(message);
  }
  return undefined;
}

async function outcomeOf(call: CallTarget, target: TargetToCall, { send }: Job): Promise<Job["outcomes"][number]> {
  const outcome = await call(target, send.push);
  logOutcome(target.target.kind, outcome);
  const retryAfterMs = outcome.result === "later" ? (outcome.retryAfterMs ?? 0) : 0;
  return { id: target.id, result: outcome.result, retryAfterMs };
}

async function finish({ message, node, outcomes }: Job): Promise<void> {
  const later = outcomes.filter(({ result }) => result === "later");
  const retryAfterMs = Math.max(0, ...later.map((outcome) => outcome.retryAfterMs));
  try {
    await node.pushSettled(
      message.body.job,
      outcomes.map(({ id, result }) => ({ id, result })),
    );
  } catch (error) {
    console.error("a node could not be told of its push:", (error as Error).message);
    return retry(message);
  }
  if (later.length > 0) retry(message, retryAfterMs);
  else message.ack();
}

function retry(message: Message<PushJobMessage>, atLeastMs = 0): void {
  const delayMs = retryDelayMs(message.attempts, Math.random(), atLeastMs);
  message.retry({ delaySeconds: Math.ceil(delayMs / 1_000) });
}

/** Whose push it was is not for the log. */
function logOutcome(kind: string, outcome: PushOutcome): void {
  if (outcome.result === "sent") return;
  console.warn(`push: ${kind} target ${outcome.result}: ${outcome.why}`);
}
