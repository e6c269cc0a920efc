/** How a session wakes the objects of members that are away: with what, how often, and what it does when that fails. */
import { beforeEach, afterEach, expect, test, vi } from "vitest";
import type { SessionWake } from "../../../src/domain/push/session-wake.ts";
import type { LogEntry } from "../../../src/domain/session/session-log.ts";
import { SessionWakes } from "../../../src/durable/session-wakes.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { settled } from "./lane-port.ts";
import { added, entry, storedSession, T } from "./stored-session.ts";

interface Call {
  nodeId: string;
  wake: SessionWake;
  answer(nextAt: number | null): Promise<void>;
  fail(): Promise<void>;
}

let logged: string[] = [];

beforeEach(() => {
  logged = [];
  vi.spyOn(console, "error").mockImplementation((...what: unknown[]) => void logged.push(what.join(" ")));
});

afterEach(() => void vi.restoreAllMocks());

/** Members that want to be woken. */
function setup(...nodeIds: string[]) {
  const { roster, restartRoster, storage } = storedSession();
  const calls: Call[] = [];
  const clock = { now: T };
  let timers: { at: number; callback: () => void }[] = [];
  const wakes = new SessionWakes(roster, {
    wake: (nodeId, wake) => {
      const { promise, resolve, reject } = Promise.withResolvers<{ nextAt: number | null }>();
      calls.push({
        nodeId,
        wake,
        answer: (nextAt) => (resolve({ nextAt }), settled()),
        fail: () => (reject(new Error("the node is down")), settled()),
      });
      return promise;
    },
    after: (delayMs, callback) => void timers.push({ at: clock.now + delayMs, callback }),
    now: () => clock.now,
    random: () => 0.5,
  });
  for (const nodeId of nodeIds) {
    added(roster, nodeId);
    wakes.told(roster.get(nodeId)!, true);
  }
  const member = (nodeId: string) => roster.get(nodeId)!;
  /** The end of a tick in which these members missed a message. */
  const miss = (seq: number, names: string[] = nodeIds, change: Partial<LogEntry> = {}) => {
    const missed = entry(seq, { tail: tailOf(seq), ...change });
    for (const nodeId of names) wakes.add(member(nodeId), missed);
    wakes.flush();
  };
  /** Lets the timers that are due by then fire. */
  const pass = async (ms: number) => {
    clock.now += ms;
    const due = timers.filter(({ at }) => at <= clock.now);
    timers = timers.filter(({ at }) => at > clock.now);
    for (const { callback } of due) callback();
    await settled();
  };
  const story = () => calls.map(({ nodeId, wake }) => `${nodeId} ${wake.seq}`);
  const kept = () => [...restartRoster()].map((row) => `${row.nodeId} ${row.wakes}`);
  const timerCount = () => timers.length;
  return { roster, storage, wakes, calls, clock, member, miss, pass, story, kept, timerCount };
}

const tailOf = (seq: number) => `"src_id":"x","timestamp":5,"session_seq":${seq},"type":${seq + 100}}`;

test("each is called with what it missed first, at the end of the tick", () => {
  const { wakes, member, story, calls } = setup("a", "b");
  for (const seq of [4, 5]) wakes.add(member("a"), entry(seq, { tail: tailOf(seq) }));
  wakes.add(member("b"), entry(5, { tail: tailOf(5), push: { named: true, wish: { body: "hi" } } }));
  expect(story()).toEqual([]);
  wakes.flush();
  expect(story()).toEqual(["a 4", "b 5"]);
  expect(calls.map(({ wake }) => wake)).toEqual([
    { seq: 4, type: 104, at: T },
    { seq: 5, type: 105, srcId: "x", wish: { body: "hi" }, at: T },
  ]);
});

test("a message is parsed once, however many it wakes; not where nobody is", () => {
  const parse = vi.spyOn(JSON, "parse");
  const { miss, member, calls } = setup("a", "b", "c");
  const before = parse.mock.calls.length;
  miss(1);
  expect([calls.length, parse.mock.calls.length - before]).toEqual([3, 1]);
  for (const nodeId of ["a", "b", "c"]) member(nodeId).wakeFrom = T + 1;
  miss(2);
  expect([calls.length, parse.mock.calls.length - before]).toEqual([3, 1]);
});

test("it is not called again before the time that it names", async () => {
  const { miss, calls, clock, story } = setup("a");
  miss(1);
  await calls[0]!.answer(T + 100);
  miss(2);
  clock.now += 99;
  miss(3);
  expect(story()).toEqual(["a 1"]);
  clock.now += 1;
  miss(4);
  expect(story()).toEqual(["a 1", "a 4"]);
});

test("what it misses while it is called is told next, where it is to hear of more", async () => {
  const { miss, calls, story } = setup("a", "b");
  miss(1);
  miss(2);
  miss(3);
  expect(story()).toEqual(["a 1", "b 1"]);
  await calls[0]!.answer(0);
  await calls[1]!.answer(T + 100);
  expect(story()).toEqual(["a 1", "b 1", "a 2"]);
});

test("one that wants no more is called no more, and that is kept", async () => {
  const { miss, calls, story, kept, wakes, member } = setup("a", "b");
  expect(kept()).toEqual(["a true", "b true"]);
  miss(1);
  miss(2, ["a"]);
  await calls[0]!.answer(null);
  expect([story(), kept(), member("a").wakes]).toEqual([["a 1", "b 1"], ["a false", "b true"], false]);
  wakes.told(member("b"), false);
  expect(kept()).toEqual(["a false", "b false"]);
});

test("nothing is written where nothing changes", () => {
  const { wakes, member, storage } = setup("a");
  const exec = vi.spyOn(storage.sql, "exec");
  wakes.told(member("a"), true);
  wakes.asking(member("a"))(true);
  expect(exec).not.toHaveBeenCalled();
  wakes.asking(member("a"))(false);
  expect(exec).toHaveBeenCalledTimes(1);
});

test("what it says by itself while it is asked is newer than its answer", async () => {
  const { miss, calls, wakes, member, kept } = setup("a");
  const note = wakes.asking(member("a"));
  miss(1);
  wakes.told(member("a"), true);
  await calls[0]!.answer(null);
  note(false);
  expect(kept()).toEqual(["a true"]);
});

test("so many calls at once; the next as one is answered", async () => {
  const width = LIMITS.sessionJoinsInFlight;
  const { miss, calls } = setup(...Array.from({ length: width + 3 }, (_, i) => `n${i}`));
  miss(1);
  expect(calls.length).toBe(width);
  await calls[0]!.answer(T + 100);
  expect(calls.length).toBe(width + 1);
  await calls[1]!.fail();
  expect(calls.length).toBe(width + 2);
});

test("a call that failed is tried again with the same message, all of them on one timer", async () => {
  const { miss, calls, pass, story, timerCount } = setup("a", "b");
  miss(1);
  miss(2, ["a"]);
  for (const call of calls) await call.fail();
  miss(3);
  expect([story(), timerCount(), logged]).toEqual([["a 1", "b 1"], 1, []]);
  await pass(125);
  expect([story(), timerCount()]).toEqual([["a 1", "b 1", "a 1", "b 1"], 0]);
  await calls[2]!.answer(T + 1_000);
  await calls[3]!.answer(T + 1_000);
  await pass(900);
  expect([story().length, timerCount()]).toEqual([4, 0]);
});

test("after some tries it is given up, with a word that names nobody, and left alone for a while", async () => {
  const { miss, calls, pass, clock, member, timerCount, story } = setup("the-node");
  miss(1);
  for (let i = 0; i < calls.length; i++) {
    await calls[i]!.fail();
    await pass(1_000);
  }
  expect(calls.length).toBe(11);
  expect([timerCount(), logged]).toEqual([0, ["a member's object could not be woken: the node is down"]]);
  miss(2);
  expect(calls.length).toBe(11);
  clock.now = member("the-node").wakeFrom;
  expect(clock.now).toBe(T + LIMITS.sessionRetellMs);
  miss(3);
  expect(story().at(-1)).toBe("the-node 3");
});

test("a member whose object does not know yet that it lacks something waits for that", async () => {
  const { wakes, miss, member, story, timerCount } = setup("a", "b");
  member("a").told = false;
  miss(1);
  wakes.retry();
  expect([story(), timerCount()]).toEqual([["b 1"], 0]);
  member("a").told = true;
  miss(2);
  expect(story()).toEqual(["b 1"]);
  wakes.retry();
  expect(story()).toEqual(["b 1", "a 1"]);
});

test("nor is there a timer for it where a call had failed before", async () => {
  const { wakes, miss, member, calls, pass, story, timerCount } = setup("a");
  miss(1);
  await calls[0]!.fail();
  member("a").told = false;
  await pass(1_000);
  expect([story(), timerCount()]).toEqual([["a 1"], 0]);
  member("a").told = true;
  wakes.retry();
  expect(story()).toEqual(["a 1", "a 1"]);
});

test("a member that has left is not woken, nor does it come back by an answer", async () => {
  const { wakes, roster, miss, member, calls, kept, story } = setup("a", "b");
  miss(1, ["a"]);
  wakes.add(member("b"), entry(2, { tail: tailOf(2) }));
  for (const nodeId of ["a", "b"]) roster.remove(member(nodeId));
  wakes.flush();
  await calls[0]!.answer(null);
  expect([story(), kept()]).toEqual([["a 1"], []]);
});

test("a message that has run out wakes nobody", () => {
  const { miss, story } = setup("a");
  miss(1, ["a"], { expiresAt: T });
  miss(2, ["a"], { expiresAt: T + 1 });
  expect(story()).toEqual(["a 2"]);
});
