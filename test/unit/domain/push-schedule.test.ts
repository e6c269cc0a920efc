/** When a node is pushed to: delay, throttle, cancellation, and what of it outlives memory. */
import { expect, test } from "vitest";
import { NOTHING_PUSHED, type PushMemory, PushSchedule } from "../../../src/domain/push/schedule.ts";

const T = 1_700_000_000_000;
const TIMES = { delayMs: 5_000, throttleMs: 120_000 };

function scheduled({ isOnline = false, memory = NOTHING_PUSHED as PushMemory } = {}) {
  const saved: PushMemory[] = [];
  const start = (kept: PushMemory, online: boolean, now: number) =>
    new PushSchedule(kept, TIMES, online, now, (changed) => saved.push(changed));
  return {
    schedule: start(memory, isOnline, T),
    saved,
    /** The object is started anew from what was saved. */
    restart: (online: boolean, now: number) => start(saved.at(-1) ?? memory, online, now),
  };
}

test("a node without a connection is pushed to at once", () => {
  const { schedule } = scheduled();
  schedule.waits(T, 1);
  expect(schedule.dueAt).toBe(T);
  expect(schedule.decide(T, 1, false)).toBe(true);
});

test("a connected one has the delay to ack, from when the message came", () => {
  const { schedule } = scheduled();
  schedule.connected();
  schedule.waits(T + 100, 1);
  expect(schedule.dueAt).toBe(T + 5_100);
  expect(schedule.decide(T + 5_099, 1, false)).toBe(false);
  expect(schedule.decide(T + 5_100, 1, false)).toBe(true);
});

test("what comes while a push is due neither brings it forward nor puts it off", () => {
  const { schedule, saved } = scheduled();
  schedule.connected();
  schedule.waits(T, 1);
  const writes = saved.length;
  for (let i = 1; i <= 1_000; i++) schedule.waits(T + i * 4, 1 + i);
  expect(schedule.dueAt).toBe(T + 5_000);
  expect(saved).toHaveLength(writes);
});

test("a push that nothing waits for any more when it is due does not go out", () => {
  const { schedule, saved } = scheduled();
  schedule.connected();
  schedule.waits(T, 1);
  expect(schedule.decide(T + 5_000, undefined, false)).toBe(false);
  expect(schedule.dueAt).toBeNull();
  expect(saved.at(-1)?.dueAt).toBeNull();
  schedule.waits(T + 6_000, 9);
  expect(schedule.dueAt).toBe(T + 11_000);
});

test("a connected node that acks, but slowly, is not pushed to; one that stands still is", () => {
  const { schedule } = scheduled();
  schedule.connected();
  schedule.waits(T, 1);
  expect(schedule.decide(T + 5_000, 40, false)).toBe(false);
  expect(schedule.dueAt).toBe(T + 10_000);
  expect(schedule.decide(T + 10_000, 90, false)).toBe(false);
  expect(schedule.decide(T + 15_000, 90, false)).toBe(true);
});

test("what a connected node lacks of a session is not the inbox's business", () => {
  const { schedule } = scheduled();
  schedule.connected();
  schedule.waits(T, 1);
  expect(schedule.decide(T + 5_000, 40, true)).toBe(true);
});

test("within the throttle there is one push, and one more at its end if something came meanwhile", () => {
  const { schedule } = scheduled();
  schedule.waits(T, 1);
  schedule.pushed(T, 1);
  expect(schedule.pushedTo).toBe(1);
  expect(schedule.dueAt).toBeNull();
  schedule.waits(T + 10, 2);
  expect(schedule.dueAt).toBe(T + 120_000);
  expect(schedule.decide(T + 119_999, 2, false)).toBe(false);
  expect(schedule.decide(T + 120_000, 2, false)).toBe(true);
  schedule.pushed(T + 120_000, 2);
  schedule.waits(T + 300_000, 3);
  expect(schedule.dueAt).toBe(T + 300_000);
});

test("a connection that breaks is given the delay to come back; one that is closed is not", () => {
  const { schedule } = scheduled();
  schedule.connected();
  schedule.disconnected(false, T);
  schedule.waits(T + 1_000, 1);
  expect(schedule.dueAt).toBe(T + 5_000);
  const { schedule: other } = scheduled();
  other.connected();
  other.disconnected(true, T);
  other.waits(T + 1_000, 1);
  expect(other.dueAt).toBe(T + 1_000);
});

test("long after a break there is no delay left", () => {
  const { schedule } = scheduled();
  schedule.connected();
  schedule.disconnected(false, T);
  schedule.waits(T + 60_000, 1);
  expect(schedule.dueAt).toBe(T + 60_000);
});

test("an object that was cut off from its sockets by a crash or a deploy gives them the delay to come back", () => {
  const { schedule, restart } = scheduled();
  schedule.connected();
  const restarted = restart(false, T + 50_000);
  restarted.waits(T + 50_010, 1);
  expect(restarted.dueAt).toBe(T + 55_000);
});

test("an object that was only put to sleep goes on as before, and so does one that was away", () => {
  const { schedule, restart } = scheduled();
  schedule.connected();
  const asleep = restart(true, T + 50_000);
  asleep.waits(T + 50_010, 1);
  expect(asleep.dueAt).toBe(T + 55_010);
  schedule.disconnected(true, T);
  const away = restart(false, T + 50_000);
  away.waits(T + 50_010, 1);
  expect(away.dueAt).toBe(T + 50_010);
});

test("due, throttle and what was pushed for outlive memory", () => {
  const { schedule, restart } = scheduled();
  schedule.waits(T, 1);
  schedule.pushed(T, 7);
  schedule.waits(T + 5, 8);
  const restarted = restart(false, T + 90_000);
  expect(restarted.dueAt).toBe(T + 120_000);
  expect(restarted.pushedTo).toBe(7);
  expect(restarted.decide(T + 120_000, 8, false)).toBe(true);
});

test("nothing is written where nothing changes", () => {
  const { schedule, saved } = scheduled();
  schedule.disconnected(true, T);
  schedule.connected();
  schedule.connected();
  expect(saved).toHaveLength(1);
});

test("when the next push could go out", () => {
  const { schedule } = scheduled();
  expect(schedule.nextAt(T)).toBe(T);
  schedule.waits(T, 1);
  schedule.pushed(T, 1);
  expect(schedule.nextAt(T + 1)).toBe(T + 120_000);
  expect(schedule.nextAt(T + 500_000)).toBe(T + 500_000);
  schedule.waits(T + 1, 2);
  expect(schedule.nextAt(T + 2)).toBe(T + 120_000);
});
