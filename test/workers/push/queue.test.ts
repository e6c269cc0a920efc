/** The push queue as wrangler.toml has it: what is put in reaches the Worker's handler. */
import { expect, test, vi } from "vitest";
import worker from "../../../src/worker.ts";
import { env, newId } from "../http/edge.ts";

test("what is sent to PUSH_QUEUE reaches the Worker's handler, as the first attempt", async () => {
  const handler = vi.spyOn(worker, "queue");
  const message = { job: newId("job"), nodeId: newId() };
  await env.PUSH_QUEUE.send(message);
  const seen = () =>
    handler.mock.calls.flatMap(([{ queue, messages }]) =>
      messages.map(({ body, attempts }) => ({ queue, body, attempts })),
    );
  await expect.poll(seen, { timeout: 10_000 }).toContainEqual({ queue: "allspark-push", body: message, attempts: 1 });
  await expect(handler.mock.results[0]?.value).resolves.toBeUndefined();
});
