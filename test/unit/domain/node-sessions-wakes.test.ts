/** What a node's sessions hear of its wanting to be woken, and what it hears of messages that it misses. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LaneMessage } from "../../../src/domain/lane.ts";
import type { PushHint } from "../../../src/protocol/push-hint.ts";
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

const wake = (seq: number) => ({ seq, type: 1, at: 5 });

/** A node without a connection, in a session of which it lacks everything from 1 on. */
function away(wantsWakes: boolean): AskedSessions {
  const it = new AskedSessions("v1");
  it.node.disconnect(it.link);
  it.wantsWakes = wantsWakes;
  join(it, "s");
  return it;
}

const join = (it: AskedSessions, sessionId: string, watched = false) =>
  it.sessions.join(sessionId, { watched, lacksFrom: undefined, from: 1 });

async function tick(it: AskedSessions): Promise<void> {
  it.tick();
  await settled();
}

const rows = (it: AskedSessions) => it.node.storage.sql.exec("SELECT told_wakes FROM node_session").toArray();

test("a session is told with the answer when the node joins, and not again", async () => {
  const it = away(true);
  expect(join(it, "s2")).toEqual({ ok: true, isOnline: false, isBehind: true, wakes: true });
  await tick(it);
  expect([it.what(), rows(it)]).toEqual([[], [{ told_wakes: 1 }, { told_wakes: 1 }]]);
  it.wake();
  await tick(it);
  expect(it.what()).toEqual([]);
});

test("a node that wants none says nothing and writes nothing", async () => {
  const it = away(false);
  expect(join(it, "s2")).toMatchObject({ wakes: false });
  const exec = vi.spyOn(it.node.storage.sql, "exec");
  await tick(it);
  expect([it.what(), exec.mock.calls]).toEqual([[], []]);
});

test("every session is told when that changes, watched or not, and what was told is kept", async () => {
  const it = away(false);
  join(it, "w", true);
  it.wantsWakes = true;
  await tick(it);
  expect(it.what()).toEqual(["s wakes", "w wakes"]);
  expect(rows(it)).toEqual([{ told_wakes: 0 }, { told_wakes: 0 }]);
  for (const call of it.asked) await call.answer();
  expect(rows(it)).toEqual([{ told_wakes: 1 }, { told_wakes: 1 }]);
  await tick(it);
  it.wake();
  await tick(it);
  expect(it.what().length).toBe(2);
  it.wantsWakes = false;
  await tick(it);
  expect(it.what().slice(2)).toEqual(["s lets sleep", "w lets sleep"]);
});

test("what changes while a session is told is told after it", async () => {
  const it = away(false);
  it.wantsWakes = true;
  await tick(it);
  it.wantsWakes = false;
  await tick(it);
  expect(it.what()).toEqual(["s wakes"]);
  await it.asked[0]!.answer();
  expect(it.what()).toEqual(["s wakes", "s lets sleep"]);
  await it.asked[1]!.answer();
  await tick(it);
  expect([it.what().length, rows(it)]).toEqual([2, [{ told_wakes: 0 }]]);
});

test("of a watched session both things are told, one after the other", async () => {
  const it = new AskedSessions("v1");
  join(it, "w", true);
  it.node.disconnect(it.link);
  it.wantsWakes = true;
  await tick(it);
  expect(it.what()).toEqual(["w offline"]);
  await it.asked[0]!.answer();
  expect(it.what()).toEqual(["w offline", "w wakes"]);
  await it.asked[1]!.answer();
  await tick(it);
  expect(it.what().length).toBe(2);
});

test("where that fails it is tried again, then by the alarm, until it is heard", async () => {
  const it = away(false);
  it.wantsWakes = true;
  it.isDown = true;
  await tick(it);
  await it.pass(10_000);
  expect(it.asked.length).toBeGreaterThan(3);
  expect(it.asked.length).toBeLessThanOrEqual(11);
  expect([new Set(it.what()), it.mayHibernate]).toEqual([new Set(["s wakes"]), true]);
  it.isDown = false;
  it.asked.length = 0;
  it.wake();
  await it.pass(LIMITS.sessionRetellMs);
  expect(it.what()).toEqual(["s wakes"]);
  await it.asked[0]!.answer();
  await it.pass(600_000);
  expect([it.what(), it.alarmAt]).toEqual([["s wakes"], undefined]);
});

test("a session that the node has left is told no more", async () => {
  const it = away(false);
  it.wantsWakes = true;
  it.isDown = true;
  await tick(it);
  it.sessions.leave("s");
  it.asked.length = 0;
  await it.pass(LIMITS.sessionRetellMs);
  expect(it.what()).toEqual([]);
});

test("nor is one that it leaves while it is told", async () => {
  const it = away(false);
  it.wantsWakes = true;
  await tick(it);
  it.sessions.leave("s");
  it.wantsWakes = false;
  await it.asked[0]!.answer();
  expect([it.what(), rows(it)]).toEqual([["s wakes"], []]);
});

test("a wake for what the node lacks is handed on, and answered with the time of the next", () => {
  const it = away(true);
  expect(it.sessions.wake("s", wake(3))).toEqual({ nextAt: it.node.now + 1_000 });
  expect(it.missed).toEqual([{ sessionId: "s", ...wake(3) }]);
});

test("one for what it has by now is not, but the next one may come", async () => {
  const it = new AskedSessions("v1", "s");
  it.wantsWakes = true;
  it.tick();
  await it.asked
    .find(({ what }) => what === "s from 1")!
    .page({ from: 1, messages: [message(1), message(2)], next: 3, live: false });
  it.node.ack(it.link, 2);
  await settled();
  expect([2, 3].map((seq) => it.sessions.wake("s", wake(seq)))).toEqual([
    { nextAt: 0 },
    { nextAt: it.node.now + 1_000 },
  ]);
  expect([2, 3].map((seq) => it.sessions.lacks("s", seq))).toEqual([false, true]);
  await it.asked.find(({ what }) => what === "s from 3")!.page({ from: 3, messages: [], next: 4, live: true });
  await it.asked.find(({ what }) => what === "s has 4")!.answer(true);
  expect([it.sessions.wake("s", wake(3)), it.sessions.lacks("s", 3)]).toEqual([{ nextAt: 0 }, false]);
  expect(it.missed.length).toBe(1);
});

test("a node that wants none, or is no member, says that it wants no more", () => {
  const it = away(false);
  expect(it.sessions.wake("s", wake(3))).toEqual({ nextAt: null });
  it.wantsWakes = true;
  expect(it.sessions.wake("elsewhere", wake(3))).toEqual({ nextAt: null });
  expect([it.missed, it.sessions.lacks("elsewhere", 3), it.sessions.size]).toEqual([[], false, 1]);
});

const hinted = (seq: number, push?: PushHint): LaneMessage => ({ ...message(seq), push });
const NAMED: PushHint = { named: true };

/** A call of a session's that reaches a node without a connection. */
async function called(wantsWakes: boolean, unreadFrom: number | null, ...messages: LaneMessage[]) {
  const it = new AskedSessions("v1");
  it.wantsWakes = wantsWakes;
  it.sessions.join("s", { watched: false, lacksFrom: unreadFrom ?? undefined, from: 1 });
  it.node.disconnect(it.link);
  await it.callWith("s", ...messages);
  return it.missed.map(({ seq, srcId, wish }) => ({ seq, srcId, wish }));
}

/** It knows that it lacks something already, or finds it out now. */
test.each([1, null])(
  "what a call brings in vain is missed: of several messages the first (unread from %s)",
  async (unread) => {
    const wish = { title: "t" };
    expect(await called(true, unread, hinted(4, { ...NAMED, wish }), hinted(5, NAMED))).toEqual([
      { seq: 4, srcId: "x", wish },
    ]);
    expect(await called(true, unread, hinted(4, { wish }))).toEqual([{ seq: 4, srcId: undefined, wish }]);
    expect(await called(true, unread, hinted(4))).toEqual([{ seq: 4, srcId: undefined, wish: undefined }]);
  },
);

test.each([1, null])("not what is volatile, nor what wants no push (unread from %s)", async (unread) => {
  const passed = [{ ...hinted(4), volatile: true }, hinted(5, { off: true }), hinted(6, NAMED)];
  expect(await called(true, unread, ...passed)).toEqual([{ seq: 6, srcId: "x", wish: undefined }]);
  expect(await called(true, unread, ...passed.slice(0, 2))).toEqual([]);
});

test.each([1, null])("nor anything where there is no way to push (unread from %s)", async (unread) => {
  expect(await called(false, unread, hinted(4))).toEqual([]);
});

test("what waits for room when the connection breaks is missed", async () => {
  const it = new AskedSessions("v1");
  it.wantsWakes = true;
  join(it, "s");
  const answer = it.callWith("s", ...[1, 2, 3].map((seq) => ({ ...hinted(seq), tail: message(seq, 600_000).tail })));
  await settled();
  expect([it.link.read().length, it.missed]).toEqual([1, []]);
  it.node.disconnect(it.link);
  it.tick();
  expect(await answer).toEqual({ statuses: ["stored", "offline", "offline"] });
  expect(it.missed).toEqual([{ sessionId: "s", seq: 2, at: Date.now() }]);
  expect(it.sessions.lacks("s", 2)).toBe(true);
});
