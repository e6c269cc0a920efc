/** Sessions at their limits, over real sockets: a thousand members who are all there, ten thousand most of whom are not. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";
import { addOfflineMembers } from "../support/session-files.ts";
import { WHOLE } from "../support/session-judge.ts";
import { SessionLoad } from "../support/session-load.ts";

let edge: Edge;
beforeEach(async () => {
  edge = await startEdge({ env: { ALLSPARK_MESSAGES_PER_SECOND: "100000" } });
}, 90_000);
afterEach(() => edge.close());

const middle = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Says something alone and waits until all who are online have it; answers the ms from the send to the first, the middle and the last receipt. */
async function sayAlone(load: SessionLoad, id: string): Promise<{ first: number; middle: number; last: number }> {
  const [speaker, ...listeners] = load.clients;
  const started = performance.now();
  const arrivals: number[] = [];
  load.onOther = () => arrivals.push(performance.now() - started);
  speaker!.send({ id, dest_session_id: load.sessionId, type: 2, payload: "some words of a usual length" });
  await load.until(() => arrivals.length >= listeners.length && speaker!.acked.has(id), 30_000, `${id} everywhere`);
  load.onOther = () => {};
  expect(arrivals).toHaveLength(listeners.length);
  return { first: arrivals[0]!, middle: middle(arrivals), last: arrivals.at(-1)! };
}

const rounded = (ms: number): number => Math.round(ms);

test("a thousand members online: each message reaches all of them", { timeout: 180_000 }, async () => {
  const MEMBERS = 1_000;
  const MESSAGES = 100;
  const LONE = 11;
  const load = await SessionLoad.connect(edge, "thousand", {
    members: MEMBERS,
    speakers: 4,
    messages: MESSAGES,
    inFlight: 1,
  });
  const { log: before } = await load.info();
  const lone: Awaited<ReturnType<typeof sayAlone>>[] = [];
  for (let round = 0; round < LONE; round += 1) lone.push(await sayAlone(load, `lone-${round}`));
  const [first, mid, last] = (["first", "middle", "last"] as const).map((at) =>
    rounded(middle(lone.map((it) => it[at]))),
  );
  console.log(
    `a lone message to ${MEMBERS - 1}: the first has it after ${first} ms, half after ${mid}, the last after ${last}`,
  );

  const started = performance.now();
  const acked = load.acked;
  load.start();
  await load.until(() => load.acked - acked >= MESSAGES && load.received >= load.deliveries, 120_000, "the end");
  const seconds = (performance.now() - started) / 1_000;
  const { log } = await load.info();
  console.log(`${load.deliveries} deliveries in ${seconds.toFixed(1)} s: ${Math.round(load.deliveries / seconds)}/s`);
  expect(load.judge.verdict({ strict: true })).toEqual(WHOLE);
  expect(load.clients.flatMap((client) => [...client.violations, ...client.errors])).toEqual([]);
  expect(load.repeats).toBe(0);
  // A thousand acks take their time on a busy machine, and past the grace storing is right; session-fan-out is strict.
  const { delivered = 0, stored = 0 } = Object.fromEntries(load.statuses);
  expect(delivered + stored).toBe(MESSAGES + LONE);
  await load.logIs(0, 5_000);
  console.log(
    `${stored} stored, ${((log.calls - before.calls) / (load.deliveries + LONE * (MEMBERS - 1))).toFixed(2)} calls a delivery`,
  );
  await load.close();
});

test(
  "ten thousand members, fifty of them online: a message costs a call to each of those",
  { timeout: 120_000 },
  async () => {
    const MEMBERS = 10_000;
    const CREATED = 2_000;
    const ONLINE = 50;
    const MESSAGES = 200;
    let started = performance.now();
    const load = await SessionLoad.connect(edge, "ten-thousand", {
      members: CREATED,
      speakers: 5,
      messages: MESSAGES,
      inFlight: 2,
      online: 0,
    });
    const createdMs = performance.now() - started;
    await edge.stop();
    const others = Array.from({ length: MEMBERS - CREATED }, (_, i) => load.nodeId(CREATED + i));
    await addOfflineMembers(edge.data, others);
    await edge.restart();
    started = performance.now();
    expect(await load.info()).toMatchObject({ member_count: MEMBERS, log: { calls: 0, messages: 0 } });
    const openedMs = performance.now() - started;
    await load.arrive(ONLINE);

    const first = await sayAlone(load, "first");
    const afterFirst = (await load.info()).log;
    const second = await sayAlone(load, "second");
    const afterSecond = (await load.info()).log;
    console.log(
      `created with ${CREATED} members in ${rounded(createdMs)} ms, with ${MEMBERS} started in ${rounded(openedMs)} ms; ` +
        `the first message took ${rounded(first.last)} ms and ${afterFirst.calls} calls, the second ` +
        `${rounded(second.last)} ms and ${afterSecond.calls - afterFirst.calls} calls`,
    );
    expect(afterFirst.calls).toBe(ONLINE - 1);
    expect(afterSecond.calls - afterFirst.calls).toBe(ONLINE - 1);

    const acked = load.acked;
    const all = MESSAGES * (ONLINE - 1);
    started = performance.now();
    load.start();
    await load.until(() => load.acked - acked >= MESSAGES && load.received >= all, 60_000, "the end");
    const seconds = (performance.now() - started) / 1_000;
    const { log } = await load.info();
    const calls = (log.calls - afterSecond.calls) / MESSAGES;
    console.log(
      `${MESSAGES} more in ${seconds.toFixed(1)} s: ${calls.toFixed(1)} calls a message, ${log.rows_written} log rows`,
    );
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThanOrEqual(ONLINE - 1);
    expect(log.messages).toBe(MESSAGES + 2);
    expect(log.rows_written).toBeLessThanOrEqual(MESSAGES + 2);

    // One of those who were never there comes at last.
    const late = await load.client(CREATED - 1);
    await late.received(MESSAGES + 2, 10_000);
    load.clients.push(late);
    expect(load.judge.count(load.nodeId(CREATED - 1))).toBe(MESSAGES);
    expect(load.judge.verdict({ strict: true })).toEqual(WHOLE);
    await load.close();
  },
);
