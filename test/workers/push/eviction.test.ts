/** A push that is due, queued or under way outlives the memory of its node's object. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import type { PushJobMessage } from "../../../src/push/push-job.ts";
import worker from "../../../src/worker.ts";
import { evictNodes } from "../delivery/evict.ts";
import { query } from "../delivery/storage.ts";
import { appKey, env, newId, postJson } from "../http/edge.ts";

const HOOK = {
  kind: "webhook",
  url: "https://hooks.example.org/a",
  secret: "whsec_bm9ib2R5IGtub3dzIHRoaXMgc2VjcmV0IG9mIG91cnM=",
} as const;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Takes the place of the consumer: notes the jobs of a node and does nothing about them. */
function takeJobs(nodeId: string): () => string[] {
  const jobs: string[] = [];
  vi.spyOn(worker, "queue").mockImplementation((batch: MessageBatch<PushJobMessage>) => {
    for (const { body } of batch.messages) if (body.nodeId === nodeId) jobs.push(body.job);
    return Promise.resolve();
  });
  return () => jobs;
}

async function send(nodeId: string): Promise<void> {
  const response = await postJson("/v1/messages", await appKey(), { to_nodes: [nodeId], payload: { type: 1 } });
  expect(await response.json()).toEqual({ results: [{ node_id: nodeId, status: "stored" }] });
}

test("between registering, storing, queueing, sending and noting the outcome", async () => {
  const nodeId = newId();
  const node = () => env.NODE.getByName(nodeId);
  const jobs = takeJobs(nodeId);
  const { id } = (await node().addPushTarget(HOOK))!;
  await evictNodes([nodeId]);
  expect(await node().pushTargets()).toMatchObject([{ id, target: HOOK }]);
  await send(nodeId);
  await evictNodes([nodeId]);
  await expect.poll(jobs, { timeout: 10_000 }).toHaveLength(1);
  const [job] = jobs();
  const toSend = { state: "send", push: { nodeId, fromSeq: 1 }, targets: [{ id, target: HOOK }] };
  expect(await node().pushTask(job!)).toMatchObject(toSend);
  // Another consumer must wait; but where the object was lost, the first one may have been lost with it.
  expect(await node().pushTask(job!)).toMatchObject({ state: "later" });
  await evictNodes([nodeId]);
  expect(await node().pushTask(job!)).toMatchObject(toSend);
  await evictNodes([nodeId]);
  await node().pushSettled(job, [{ id, result: "sent" }]);
  await evictNodes([nodeId]);
  expect(await node().pushTask(job!)).toEqual({ state: "over" });
});

test("a push that is due at the end of the throttle goes out by the alarm of an object that sleeps", async () => {
  const nodeId = newId();
  const node = () => env.NODE.getByName(nodeId);
  const jobs = takeJobs(nodeId);
  const { id } = (await node().addPushTarget(HOOK))!;
  await send(nodeId);
  await expect.poll(jobs, { timeout: 10_000 }).toHaveLength(1);
  await node().pushSettled(jobs()[0], [{ id, result: "sent" }]);
  await send(nodeId);
  const [{ due_at: dueAt }] = (await query(node(), "SELECT due_at FROM push")) as [{ due_at: number }];
  expect(dueAt).toBeGreaterThan(Date.now() + 100_000);
  expect(jobs()).toHaveLength(1);
  // Two minutes pass while it is out of memory.
  await query(node(), `UPDATE push SET due_at = ${Date.now() - 1}, pushed_at = pushed_at - 120000`);
  await evictNodes([nodeId]);
  expect(await runDurableObjectAlarm(node())).toBe(true);
  await expect.poll(jobs, { timeout: 10_000 }).toHaveLength(2);
  expect(await node().pushTask(jobs()[1]!)).toMatchObject({ state: "send" });
});

test("what is acked while its push waits in the queue is not sent", async () => {
  const nodeId = newId();
  const node = () => env.NODE.getByName(nodeId);
  const jobs = takeJobs(nodeId);
  await node().addPushTarget(HOOK);
  await send(nodeId);
  await expect.poll(jobs, { timeout: 10_000 }).toHaveLength(1);
  expect(await node().acknowledge(1_000)).toEqual({ removed: 1 });
  await evictNodes([nodeId]);
  expect(await node().pushTask(jobs()[0]!)).toEqual({ state: "over" });
});

test("a message to a node without targets writes nothing for pushes", async () => {
  const nodeId = newId();
  await send(nodeId);
  await evictNodes([nodeId]);
  for (const table of ["push", "push_job", "push_session", "push_target"]) {
    expect(await query(env.NODE.getByName(nodeId), `SELECT * FROM ${table}`)).toEqual([]);
  }
});
