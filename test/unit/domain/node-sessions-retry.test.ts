/** What a node's object does when its sessions cannot be reached: it tries again, does not spin, and sleeps. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { AskedSessions, message } from "./asked-sessions.ts";
import { settled } from "./lane-port.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** How many calls there are in so many ms. */
async function calls(it: AskedSessions, ms: number): Promise<number> {
  const before = it.asked.length;
  await it.pass(ms);
  return it.asked.length - before;
}

async function unreachable(...sessionIds: string[]): Promise<AskedSessions> {
  const it = new AskedSessions("v1", ...sessionIds);
  it.isDown = true;
  it.tick();
  await settled();
  return it;
}

/** All that was asked last is answered: there is nothing more. */
async function recovers(it: AskedSessions): Promise<void> {
  expect(it.what()).toEqual(["s from 1"]);
  await it.asked[0]!.page({ from: 1, messages: [], next: 1, live: true });
  await it.asked[1]!.answer(true);
  expect(it.unreadFrom()).toEqual([null]);
}

function forget(it: AskedSessions): void {
  it.isDown = false;
  it.asked.length = 0;
}

test("a page that failed is asked for again within a second", async () => {
  const it = await unreachable("s");
  forget(it);
  await it.pass(1_000);
  await recovers(it);
  expect([it.timers, it.mayHibernate]).toEqual([0, true]);
});

test("so it is when the session could not be told that it has everything", async () => {
  const it = new AskedSessions("v1", "s");
  it.tick();
  await it.asked[0]!.page({ from: 1, messages: [], next: 1, live: true });
  await it.asked[1]!.fail();
  expect(it.what()).toEqual(["s from 1", "s has 1"]);
  forget(it);
  await it.pass(1_000);
  await recovers(it);
});

test("the tries become fewer, and the object sleeps between them; then one that succeeds ends them", async () => {
  const it = await unreachable("s");
  expect(it.timers).toBe(1);
  const first = await calls(it, 10_000);
  expect(first).toBeGreaterThan(3);
  expect(first).toBeLessThanOrEqual(10);
  expect(it.mayHibernate).toBe(true);
  // In half an hour, once for each alarm.
  expect(await calls(it, 1_800_000)).toBe(60);
  expect(it.mayHibernate).toBe(true);
  forget(it);
  await it.pass(LIMITS.sessionRetellMs);
  await recovers(it);
  expect(await calls(it, 600_000)).toBe(0);
  expect([it.timers, it.alarmAt]).toEqual([0, undefined]);
});

test("however busy the node is meanwhile", async () => {
  const it = await unreachable("s");
  let tries = 0;
  for (let i = 0; i < 1_000; i++) {
    it.tick();
    tries += await calls(it, 10);
  }
  expect(tries).toBeLessThanOrEqual(10);
});

test("one timer does for all of them", async () => {
  const it = await unreachable("s1", "s2", "s3", "s4", "s5", "s6");
  expect([it.asked.length, it.timers]).toEqual([6, 1]);
  await it.pass(1_000);
  expect([it.asked.length > 11, it.timers]).toEqual([true, 1]);
});

test("those that cannot be reached do not keep others back", async () => {
  const it = new AskedSessions("v1", "s1", "s2", "s3", "s4", "s5");
  it.tick();
  for (const call of it.asked.slice(0, 4)) await call.fail();
  expect(it.what().slice(4)).toEqual(["s5 from 1"]);
});

test.each(["v1", "classic"] as const)("memory is lost between two tries: the alarm comes (%s)", async (mode) => {
  const it = new AskedSessions(mode, "s");
  it.isDown = true;
  it.tick();
  await settled();
  it.wake();
  forget(it);
  expect(await calls(it, LIMITS.sessionRetellMs - 1)).toBe(0);
  await it.pass(1);
  await recovers(it);
});

test("memory is lost when the tries have become rare", async () => {
  const it = await unreachable("s");
  await it.pass(LIMITS.sessionRetellMs);
  it.wake();
  forget(it);
  expect(await calls(it, LIMITS.sessionRetellMs)).toBe(1);
  await recovers(it);
});

test("a new connection does not wait for the next try", async () => {
  const it = await unreachable("s");
  await it.pass(LIMITS.sessionRetellMs - 1);
  forget(it);
  it.node.disconnect(it.link);
  it.tick();
  expect(it.what()).toEqual([]);
  it.link.open = true;
  it.node.connect(it.link);
  it.sessions.connected();
  it.tick();
  await recovers(it);
});

test("while it is offline it does not try", async () => {
  const it = await unreachable("s");
  it.node.disconnect(it.link);
  it.tick();
  expect(await calls(it, 600_000)).toBe(0);
  // Somebody reads the inbox over HTTP.
  await it.sessions.pullIntoInbox();
  expect(await calls(it, 600_000)).toBe(0);
  expect([it.timers, it.alarmAt]).toEqual([0, undefined]);
});

test("a client that acks nothing and has no room is not asked for again and again, nor woken for", async () => {
  const it = new AskedSessions("v1", "s");
  it.tick();
  const large = [message(1, 600_000), message(2, 600_000)];
  await it.asked[0]!.page({ from: 1, messages: large, next: 3, live: true });
  await it.pass(LIMITS.ackGraceMs);
  expect([it.link.read().length, it.unreadFrom()]).toEqual([1, [2]]);
  expect(await calls(it, 600_000)).toBe(0);
  expect([it.mayHibernate, it.alarmAt]).toEqual([true, undefined]);
  it.node.ack(it.link, 1);
  it.tick();
  expect(it.what().slice(1)).toEqual(["s from 2"]);
});

test("a page that its storage does not take does not keep calls waiting for ever", async () => {
  const it = new AskedSessions("v1", "s");
  it.tick();
  const answer = it.call("s", 2);
  vi.spyOn(it.node.outbox, "acceptFromSession").mockImplementationOnce(() => {
    throw new Error("no space");
  });
  await it.asked[0]!.page({ from: 1, messages: [message(1)], next: 2, live: true });
  expect(await answer).toEqual({ statuses: ["behind"] });
  forget(it);
  await it.pass(1_000);
  await recovers(it);
});

/** A member of a session that wants to know who is online, as it comes online. */
function watched(): AskedSessions {
  const it = new AskedSessions("v1");
  it.node.disconnect(it.link);
  it.sessions.join("s", { watched: true, lacksFrom: undefined, from: 1 });
  it.link.open = true;
  it.node.connect(it.link);
  // It had joined offline, and lacks what was said since.
  forget(it);
  return it;
}

const told = (it: AskedSessions) => it.what().filter((what) => /line$/.test(what));

test("that the node is online is told again until it is heard, then no more", async () => {
  const it = watched();
  it.isDown = true;
  it.tick();
  await it.pass(10_000);
  expect(told(it).length).toBeGreaterThan(3);
  expect(told(it).length).toBeLessThanOrEqual(11);
  expect([new Set(told(it)), it.mayHibernate]).toEqual([new Set(["s online"]), true]);
  forget(it);
  await it.pass(LIMITS.sessionRetellMs);
  expect(told(it)).toEqual(["s online"]);
  await it.asked.find(({ what }) => what === "s online")!.answer();
  await it.pass(600_000);
  expect(told(it)).toEqual(["s online"]);
});

test("so it is when it goes; and with memory lost in between", async () => {
  const it = watched();
  it.tick();
  await it.asked.find(({ what }) => what === "s online")!.answer();
  it.node.disconnect(it.link);
  it.isDown = true;
  it.tick();
  await settled();
  it.wake();
  forget(it);
  await it.pass(LIMITS.sessionRetellMs);
  expect(told(it)).toEqual(["s offline"]);
  await it.asked.find(({ what }) => what === "s offline")!.answer();
  expect(await calls(it, 600_000)).toBe(0);
});

test("of what could not be told in time only the last counts", async () => {
  const it = watched();
  it.isDown = true;
  it.tick();
  await settled();
  it.node.disconnect(it.link);
  forget(it);
  expect(await calls(it, 600_000)).toBe(0);
});
