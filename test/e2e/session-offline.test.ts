/** A member that is offline for a thousand messages: what it costs the session meanwhile, and how soon it has them all. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { WHOLE } from "../support/session-judge.ts";
import { SessionLoad } from "../support/session-load.ts";

const MESSAGES = 1_000;

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge({ env: { ALLSPARK_MESSAGES_PER_SECOND: "100000" } });
}, 90_000);
afterAll(() => edge.close());

/** Connects the member of this index and answers after how many ms it had everything. */
async function catchUp(load: SessionLoad, index: number): Promise<number> {
  const started = performance.now();
  load.clients[index] = await load.client(index);
  await load.until(() => load.received >= load.deliveries, 10_000, "all of it");
  return performance.now() - started;
}

test("not one call while it is offline, no more rows than messages, caught up within a second", async () => {
  // Nobody else listens, so every call there is would be one to that member.
  const load = await SessionLoad.connect(edge, "two", {
    members: 2,
    speakers: 1,
    messages: MESSAGES,
    inFlight: 20,
    online: 1,
  });
  load.start();
  await load.ackedAtLeast(MESSAGES, 30_000);
  expect([...load.statuses]).toEqual([["stored", MESSAGES]]);
  const { log } = await load.info();
  expect(log).toMatchObject({ calls: 0, messages: MESSAGES });
  expect(log.rows_written).toBeGreaterThan(0);
  expect(log.rows_written).toBeLessThanOrEqual(MESSAGES);

  const ms = await catchUp(load, 1);
  console.log(`${MESSAGES} messages in ${log.rows_written} log rows; connected and caught up in ${Math.round(ms)} ms`);
  expect(ms).toBeLessThan(1_000);
  expect(load.judge.verdict({ strict: true })).toEqual(WHOLE);
  expect(load.clients[1]!.gaps).toEqual([]);
  await load.logIs(0, 5_000);

  // Now it is called like anyone: the counter counts.
  load.clients[0]!.send({ id: "after", dest_session_id: "two", type: 2 });
  await load.clients[0]!.settled(5_000);
  expect(load.clients[0]!.acked.get("after")).toBe("delivered");
  expect((await load.info()).log.calls).toBe(1);
  await load.close();
});

test("one that goes offline costs the one call that finds it out, and is caught up as soon", async () => {
  const load = await SessionLoad.connect(edge, "leaving", {
    members: 2,
    speakers: 1,
    messages: MESSAGES,
    inFlight: 20,
  });
  const [speaker, leaver] = load.clients as [(typeof load.clients)[0], (typeof load.clients)[0]];
  const calls = async (): Promise<number> => (await load.info()).log.calls;
  await leaver.close();
  const before = await calls();
  speaker.send({ id: "first", dest_session_id: "leaving", type: 2 });
  await speaker.settled(5_000);
  expect(speaker.acked.get("first")).toBe("stored");
  expect(await calls()).toBe(before + 1);
  load.start();
  await load.ackedAtLeast(MESSAGES + 1, 30_000);
  expect(await calls()).toBe(before + 1);

  const started = performance.now();
  await leaver.open();
  await leaver.received(MESSAGES + 1, 10_000);
  const ms = performance.now() - started;
  console.log(`came back and caught up in ${Math.round(ms)} ms`);
  expect(ms).toBeLessThan(1_000);
  expect(load.judge.verdict({ strict: true })).toEqual(WHOLE);
  await load.logIs(0, 5_000);
  await load.close();
});
