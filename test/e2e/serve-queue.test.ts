/** The stand-in for Cloudflare Queues that `npm run serve` has, as a consumer and a sender see it. */
import { expect, test } from "vitest";
import { type Body, startQueueServer } from "../support/queue-server.ts";

const WITHIN = { timeout: 20_000, interval: 20 };

/** One queue whose batches go at once, with what a test adds. */
const queue = (consumer: Record<string, unknown> = {}) => ({
  producers: [{ binding: "JOBS", queue: "jobs" }],
  consumers: [{ queue: "jobs", max_batch_size: 25, max_batch_timeout: 0, ...consumer }],
});

const numbered = (count: number): Body[] => Array.from({ length: count }, (_, n) => ({ name: `n${n}` }));

test("500 messages arrive, each once, in batches of no more than the size, four at a time", async () => {
  const server = await startQueueServer(queue({ max_batch_timeout: 1 }));
  const bodies = numbered(500);
  const release = server.hold();
  await Promise.all(Array.from({ length: 10 }, (_, n) => server.send("JOBS", bodies.slice(n * 50, n * 50 + 50))));
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(100);
  expect(server.concurrency()).toBe(4);
  release();
  await expect.poll(() => server.deliveries.length, WITHIN).toBeGreaterThanOrEqual(500);
  expect(server.names().toSorted()).toEqual(bodies.map(({ name }) => name).toSorted());
  expect(new Set(server.deliveries.map(({ id }) => id)).size).toBe(500);
  expect(server.deliveries.every(({ queue, attempts }) => queue === "jobs" && attempts === 1)).toBe(true);
  expect(server.concurrency()).toBe(4);
  const sizes = Map.groupBy(server.deliveries, ({ batch }) => batch);
  expect(Math.max(...[...sizes.values()].map((batch) => batch.length))).toBe(25);
});

test("a batch goes when it is full, else when its first message has waited long enough", async () => {
  const server = await startQueueServer(queue({ max_batch_size: 3, max_batch_timeout: 2 }));
  await server.send("JOBS", numbered(4));
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(4);
  expect(server.deliveries.map(({ batch }) => batch)).toEqual([1, 1, 1, 2]);
  const [first, , , last] = server.deliveries;
  expect(first!.at - first!.sentAt).toBeLessThan(1_900);
  expect(last!.at - last!.sentAt).toBeGreaterThanOrEqual(2_000);
  expect(server.backlogs).toEqual([4, 1]);
});

test("a message is delayed by what it was sent with, else by what its queue says", async () => {
  const settings = queue();
  const server = await startQueueServer({
    ...settings,
    producers: [{ ...settings.producers[0], delivery_delay: 2 }],
  });
  await server.send("JOBS", [{ name: "standard" }]);
  await server.send("JOBS", [{ name: "own" }], { delaySeconds: 1 });
  await server.post("JOBS", { messages: [{ body: { name: "none" }, delaySeconds: 0 }] });
  await expect.poll(server.names, WITHIN).toEqual(["none", "own", "standard"]);
  const [, own, standard] = server.deliveries.map(({ at, sentAt }) => at - sentAt);
  expect(own).toBeGreaterThanOrEqual(1_000);
  expect(standard).toBeGreaterThanOrEqual(2_000);
});

test("what is sent or comes due meanwhile goes while a slow batch is still with the consumer", async () => {
  const server = await startQueueServer(queue());
  const release = server.hold();
  await server.send("JOBS", [{ name: "slow" }]);
  await expect.poll(server.names, WITHIN).toEqual(["slow"]);
  await server.send("JOBS", [{ name: "later" }], { delaySeconds: 1 });
  await server.send("JOBS", [{ name: "meanwhile" }]);
  await expect.poll(server.names, WITHIN).toEqual(["slow", "meanwhile", "later"]);
  expect(server.concurrency()).toBe(3);
  release();
});

test("JSON, text and bytes arrive as they were sent; too much, and what V8 serialises, is refused", async () => {
  const server = await startQueueServer(queue());
  await server.post("JOBS", { messages: [{ body: { name: "ünïcode ✓", plan: [] } }] });
  await server.post("JOBS", { text: "plain" });
  await server.post("JOBS", { bytes: [0, 255, 10] });
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(3);
  expect(server.deliveries.map(({ body }) => body)).toEqual([
    { name: "ünïcode ✓", plan: [] },
    "plain",
    { bytes: [0, 255, 10] },
  ]);
  await server.post("JOBS", { text: "x".repeat(128_000) });
  await expect(server.post("JOBS", { text: "x".repeat(128_001) })).rejects.toThrow("128000 bytes");
  await expect(server.send("JOBS", numbered(101))).rejects.toThrow("100 messages");
  await expect(server.post("JOBS", { v8: { name: "v8" } })).rejects.toThrow("json, text or bytes");
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(4);
});

test("of one batch some are acked and others retried, after their delay and with the attempts counted", async () => {
  const server = await startQueueServer(queue({ max_retries: 5 }));
  await server.send("JOBS", [
    { name: "acked", plan: ["ack"] },
    { name: "unsaid" },
    { name: "again", plan: ["retry", "retry in 1"] },
    { name: "too late", plan: ["ack, then retry"] },
  ]);
  await expect.poll(() => server.names().filter((name) => name === "again").length, WITHIN).toBe(3);
  expect(server.names()).toEqual(["acked", "unsaid", "again", "too late", "again", "again"]);
  const again = server.deliveries.filter(({ body }) => body.name === "again");
  expect(again.map(({ attempts }) => attempts)).toEqual([1, 2, 3]);
  expect(new Set(again.map(({ id }) => id)).size).toBe(1);
  expect(again[2]!.at - again[1]!.at).toBeGreaterThanOrEqual(1_000);
});

test("retryAll() and ackAll() are for the messages of which nothing was said", async () => {
  const server = await startQueueServer(queue());
  await server.send("JOBS", [
    { name: "acked", plan: ["ack"] },
    { name: "asks", plan: ["all again in 1"] },
    { name: "third" },
  ]);
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(5);
  expect(server.names()).toEqual(["acked", "asks", "third", "asks", "third"]);
  expect(server.deliveries[3]!.at - server.deliveries[0]!.at).toBeGreaterThanOrEqual(1_000);
  await server.send("JOBS", [
    { name: "fourth", plan: ["all done"] },
    { name: "fifth", plan: ["retry"] },
  ]);
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(8);
  expect(server.names().slice(5)).toEqual(["fourth", "fifth", "fifth"]);
});

test.each(["throw", "fail later"])("a handler that fails (%s) has all retried but what it had acked", async (step) => {
  const server = await startQueueServer(queue({ retry_delay: 1 }));
  await server.send("JOBS", [{ name: "acked", plan: ["ack"] }, { name: "thrower", plan: [step] }, { name: "third" }]);
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(5);
  expect(server.names()).toEqual(["acked", "thrower", "third", "thrower", "third"]);
  expect(server.deliveries.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 2, 2]);
  expect(server.deliveries[3]!.at - server.deliveries[0]!.at).toBeGreaterThanOrEqual(1_000);
});

test("two queues have settings and messages of their own", async () => {
  const server = await startQueueServer({
    producers: [
      { binding: "JOBS", queue: "jobs" },
      { binding: "MAILS", queue: "mails" },
    ],
    consumers: [
      { queue: "jobs", max_batch_size: 1 },
      { queue: "mails", max_batch_size: 2, max_batch_timeout: 60 },
    ],
  });
  await server.send("MAILS", [{ name: "m1" }, { name: "m2" }, { name: "m3" }]);
  await server.send("JOBS", [{ name: "j1" }, { name: "j2" }]);
  await expect.poll(() => server.deliveries.length, WITHIN).toBe(4);
  const seen = server.deliveries.map(({ queue, body }) => `${queue} ${body.name}`);
  expect(seen.toSorted()).toEqual(["jobs j1", "jobs j2", "mails m1", "mails m2"]);
  expect(new Set(server.deliveries.map(({ batch }) => batch)).size).toBe(3);
});
