/** What the stand-in for queues keeps: over a SIGKILL, and when a message fails for good. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type Body, type QueueServer, startQueueServer } from "../support/queue-server.ts";

const WITHIN = { timeout: 20_000, interval: 20 };
const DAY_MS = 86_400_000;

const queue = (consumer: Record<string, unknown>) => ({
  producers: [{ binding: "JOBS", queue: "jobs" }],
  consumers: [{ queue: "jobs", max_batch_size: 10, max_batch_timeout: 0, ...consumer }],
});

/** The database of the one queue; workerd must be gone. */
function openQueue({ data }: QueueServer): DatabaseSync {
  const folder = join(data, "queues");
  const files = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  expect(files).toHaveLength(1);
  return new DatabaseSync(join(folder, files[0]!));
}

test("SIGKILL with messages queued, delayed and with the consumer: none is lost, none comes more than twice", async () => {
  const server = await startQueueServer(queue({}));
  const bodies = Array.from({ length: 100 }, (_, n): Body => ({ name: `n${n}` }));
  await server.send("JOBS", [{ name: "delayed" }], { delaySeconds: 2 });
  const release = server.hold();
  await server.send("JOBS", bodies);
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(40); // four batches of ten
  await server.kill();
  release();
  const before = server.deliveries.length;
  await server.start();
  await expect.poll(() => new Set(server.names()).size, WITHIN).toBe(101);
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(before + 101);
  // A delivery that nobody answered for is not one that failed.
  expect(server.deliveries.every(({ attempts }) => attempts === 1)).toBe(true);
  const times = Object.values(Object.groupBy(server.names(), (name) => name)).map((same) => same!.length);
  expect(Math.max(...times)).toBe(2);
  await server.kill();
  expect(openQueue(server).prepare("SELECT count(*) AS count FROM messages").get()).toEqual({ count: 0 });
});

test("SIGKILL again and again while messages are sent and taken", async () => {
  const server = await startQueueServer(queue({}));
  const confirmed: string[] = [];
  for (let round = 0; round < 4; round++) {
    const release = round % 2 === 0 ? server.hold() : undefined;
    const sends = Array.from({ length: 30 }, async (_, n) => {
      const name = `r${round} n${n}`;
      await server.send("JOBS", [{ name }]);
      confirmed.push(name);
    });
    // Some are on their way when it is killed: those may be lost, but not the others.
    await Promise.race([Promise.all(sends.slice(0, 15)), ...sends.slice(15)]);
    await server.kill();
    await Promise.allSettled(sends);
    release?.();
    await server.start();
  }
  expect(confirmed.length).toBeGreaterThan(4);
  await expect.poll(() => confirmed.filter((name) => !server.names().includes(name)), WITHIN).toEqual([]);
});

test("after the last retry a message is a dead letter, kept for four days, and one line says so", async () => {
  const server = await startQueueServer(queue({ max_retries: 2, dead_letter_queue: "jobs-dead" }));
  const plan = ["retry", "throw", "retry"];
  await server.send("JOBS", [{ name: "secret", plan }, { name: "good" }]);
  await expect.poll(() => server.output(), WITHIN).toContain("jobs-dead");
  await server.kill();
  const { id } = server.deliveries.find(({ body }) => body.name === "secret")!;
  const lines = server.output().split("\n");
  expect(lines.filter((line) => line.includes("jobs-dead"))).toEqual([
    `queue jobs: message ${id} moved to jobs-dead after 3 attempts`,
  ]);
  expect(server.output()).not.toContain("secret");
  expect(server.names().filter((name) => name === "secret")).toHaveLength(3);

  const before = openQueue(server);
  const dead = before.prepare("SELECT queue, id, failures, died_at, CAST(body AS TEXT) AS body FROM dead").all();
  expect(dead).toEqual([
    {
      queue: "jobs-dead",
      id,
      failures: 3,
      died_at: expect.any(Number),
      body: JSON.stringify({ name: "secret", plan }),
    },
  ]);
  expect(Math.abs(Date.now() - Number(dead[0]!["died_at"]))).toBeLessThan(60_000);
  expect(before.prepare("SELECT count(*) AS count FROM messages").get()).toEqual({ count: 0 });
  before.prepare("UPDATE dead SET died_at = ?").run(Date.now() - 4 * DAY_MS);
  before
    .prepare("INSERT INTO dead SELECT 9, queue, 'younger', 0, ?, 1, 'json', body FROM dead")
    .run(Date.now() - 3 * DAY_MS);
  before.close();

  await server.start();
  await server.send("JOBS", [{ name: "after" }]);
  await expect.poll(server.names, WITHIN).toContain("after");
  await server.kill();
  expect(openQueue(server).prepare("SELECT id FROM dead").all()).toEqual([{ id: "younger" }]);
});

test("without a dead-letter queue it is dropped after the last retry", async () => {
  const server = await startQueueServer(queue({ max_retries: 0 }));
  await server.send("JOBS", [{ name: "x", plan: ["retry"] }]);
  await expect.poll(() => server.output(), WITHIN).toMatch(/queue jobs: message [0-9a-f]{32} dropped after 1 attempts/);
  await server.kill();
  expect(openQueue(server).prepare("SELECT count(*) AS count FROM messages").get()).toEqual({ count: 0 });
  expect(server.names()).toEqual(["x"]);
});
