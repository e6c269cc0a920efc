/** A classic member that falls behind while it is online: what it lacks comes on its socket, and what is new after it. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { AskedSessions, message } from "./asked-sessions.ts";
import { settled } from "./lane-port.ts";

const MIB = 1024 * 1024;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** An online member that lacks nothing. */
function live(): AskedSessions {
  const it = new AskedSessions("classic");
  it.sessions.join("s", { watched: false, lacksFrom: undefined, from: 1 });
  return it;
}

const ids = (it: AskedSessions) => it.link.read().map(({ id }) => id);

/** It asks next for this, gets it, and has caught up. */
async function catchesUp(it: AskedSessions, from: number, ...seqs: number[]): Promise<void> {
  expect(it.what().at(-1)).toBe(`s from ${from}`);
  const messages = seqs.map((seq) => message(seq));
  await it.asked.at(-1)!.page({ from, messages, next: from + seqs.length, live: true });
  expect(it.what().at(-1)).toBe(`s has ${from + seqs.length}`);
  await it.asked.at(-1)!.answer(true);
  expect(it.unreadFrom()).toEqual([null]);
}

async function isLive(it: AskedSessions, seq: number): Promise<void> {
  const asked = it.asked.length;
  const answer = it.call("s", seq);
  await settled();
  expect([ids(it), await answer, it.asked.length]).toEqual([[`m${seq}`], { statuses: "delivered" }, asked]);
}

test("the session could not reach its object for a moment", async () => {
  const it = live();
  it.sessions.join("s", { watched: false, lacksFrom: 5, from: 5 });
  await settled();
  await catchesUp(it, 5, 5, 6);
  expect([ids(it), it.node.inbox.count]).toEqual([["m5", "m6"], 0]);
  await isLive(it, 7);
});

test("it joins where there is a history", async () => {
  const it = new AskedSessions("classic");
  it.sessions.join("s", { watched: false, isNew: true, lacksFrom: 1, from: 3 });
  await settled();
  await catchesUp(it, 1, 1, 2);
  expect(ids(it)).toEqual(["m1", "m2"]);
  await isLive(it, 3);
});

test("fetching what it lacked when it came failed half-way: the rest comes on its socket", async () => {
  const it = new AskedSessions("classic", "s");
  it.sessions.connected();
  await it.asked[0]!.page({ from: 1, messages: [message(1), message(2)], next: 3, live: false });
  await it.asked[1]!.fail();
  expect([it.what(), it.node.inbox.count]).toEqual([["s from 1", "s from 3"], 2]);
  await it.pass(1_000);
  await catchesUp(it, 3, 3);
  expect([ids(it), it.node.inbox.count]).toEqual([["m3"], 2]);
  await isLive(it, 4);
});

test("while its inbox is being filled, nothing of that comes on its socket", async () => {
  const it = new AskedSessions("classic", "s1", "s2");
  it.sessions.connected();
  it.tick();
  await settled();
  expect(it.what()).toEqual(["s1 from 1"]);
  await it.asked[0]!.page({ from: 1, messages: [message(1)], next: 2, live: true });
  await it.asked[1]!.answer(true);
  expect(it.what()).toEqual(["s1 from 1", "s1 has 2", "s2 from 1"]);
  await it.asked[2]!.page({ from: 1, messages: [message(1)], next: 2, live: true });
  await it.asked[3]!.answer(true);
  expect([ids(it), it.node.inbox.count, it.unreadFrom()]).toEqual([[], 2, [null, null]]);
});

test("its inbox is full: it does not wait for room there", async () => {
  const it = new AskedSessions("classic", "s");
  it.node.disconnect(it.link);
  it.node.offer(
    "a",
    Array.from({ length: LIMITS.inboxMessages }, (_, i) => `d${i}`),
  );
  it.node.connect(it.link);
  it.link.open = true;
  it.sessions.connected();
  await it.asked[0]!.page({ from: 1, messages: [message(1)], next: 2, live: true });
  expect(it.what()).toEqual(["s from 1", "s from 1"]);
  await catchesUp(it, 1, 1);
  expect([ids(it), it.node.inbox.count]).toEqual([["m1"], LIMITS.inboxMessages]);
  await isLive(it, 2);
});

/** Its client has given no sign of life for as long as it may be sent to; answers the first session_seq that it lacks. */
async function deaf(): Promise<{ it: AskedSessions; lacks: number }> {
  const it = live();
  const count = LIMITS.maxUnprovenBytes / MIB;
  for (let seq = 1; seq < count; seq++) await it.callWith("s", message(seq, MIB));
  expect(ids(it)).toHaveLength(count - 1);
  const answer = it.callWith("s", message(count, MIB));
  await it.pass(LIMITS.ackGraceMs);
  expect(await answer).toEqual({ statuses: "behind" });
  // As far as its object knows, a smaller one may find room.
  expect(it.what()).toEqual([`s from ${count}`]);
  await it.asked[0]!.page({ from: count, messages: [message(count, MIB)], next: count + 1, live: true });
  await it.pass(LIMITS.ackGraceMs);
  return { it, lacks: count };
}

test("its client gives no sign of life: its object sleeps, asks for nothing and sends nothing", async () => {
  const { it } = await deaf();
  it.sleep();
  for (let i = 0; i < 5; i++) {
    await it.pass(60_000);
    it.sleep();
  }
  expect([it.asked.length, ids(it)]).toEqual([1, []]);
});

test.each(["and is awake", "and slept"])("it sends something, %s", async (kind) => {
  const { it, lacks } = await deaf();
  if (kind === "and slept") it.sleep();
  it.node.outbox.heard(it.link.id);
  it.tick();
  await catchesUp(it, lacks, lacks);
  expect(ids(it)).toEqual([`m${lacks}`]);
  await isLive(it, lacks + 1);
});

test.each(["and is awake", "and slept"])("it sends a heartbeat, of which nobody tells its object, %s", async (kind) => {
  const { it, lacks } = await deaf();
  if (kind === "and slept") it.sleep();
  it.link.heartbeatAt = it.node.now;
  await it.pass(LIMITS.sessionRetellMs);
  await catchesUp(it, lacks, lacks);
  expect(ids(it)).toEqual([`m${lacks}`]);
  await isLive(it, lacks + 1);
  it.sleep();
});

test("it fetches while older messages wait than those it is known to lack: none is left out", async () => {
  const { it } = await deaf();
  it.link.heartbeatAt = it.node.now;
  await it.pass(LIMITS.sessionRetellMs);
  await catchesUp(it, 8);
  ids(it);
  for (let seq = 9; seq < 16; seq++) await it.callWith("s", message(seq, MIB));
  const waits = LIMITS.maxWaitingBytes / MIB;
  for (let seq = 16; seq <= 16 + waits; seq++) void it.callWith("s", message(seq, MIB));
  await settled();
  expect(it.unreadFrom()).toEqual([16 + waits]);
  void it.sessions.pullIntoInbox();
  expect(it.what().at(-1)).toBe("s from 16");
});
