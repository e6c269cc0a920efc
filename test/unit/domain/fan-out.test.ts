/** From one message to every member: who is called, what the sender is told and when, what is written. */
import { expect, test } from "vitest";
import type { LaneMessage, LaneStatus } from "../../../src/domain/lane.ts";
import { FanOut } from "../../../src/domain/session/fan-out.ts";
import type { PostOptions } from "../../../src/domain/session/fan-out-port.ts";
import type { LogEntry, Retention } from "../../../src/domain/session/session-log.ts";
import { added, entry, storedSession, story, T } from "./stored-session.ts";

function setup({ members = ["a", "b", "c"], retention }: { members?: string[]; retention?: Retention } = {}) {
  const session = storedSession(retention && { retention });
  const calls: { nodeId: string; message: LaneMessage; answer: (status: LaneStatus) => void }[] = [];
  const untold: string[] = [];
  const offline: string[] = [];
  const woken: string[] = [];
  const full = new Set<string>();
  const start = (roster = session.roster, log = session.log) =>
    new FanOut(roster, log, retention !== undefined, {
      offer: ({ nodeId }, message, settle) => {
        if (full.has(nodeId)) return false;
        calls.push({ nodeId, message, answer: settle });
        return true;
      },
      changed: () => {},
      untold: ({ nodeId }) => untold.push(nodeId),
      isOffline: ({ nodeId }) => offline.push(nodeId),
      wake: ({ nodeId }, { seq }) => woken.push(`${nodeId} ${seq}`),
    });
  const { roster } = session;
  const fanOut = start();
  for (const nodeId of members) fanOut.startsLive(added(roster, nodeId));
  const member = (nodeId: string) => roster.get(nodeId)!;
  /** Answers every open call of these nodes. */
  const answer = (status: LaneStatus, ...nodeIds: string[]) => {
    const open = calls.filter(({ nodeId }) => nodeIds.includes(nodeId));
    for (const call of open) {
      calls.splice(calls.indexOf(call), 1);
      call.answer(status);
    }
  };
  const post = (seq: number, change: Partial<LogEntry> = {}, options?: PostOptions) =>
    fanOut.post(entry(seq, change), options);
  const called = () => calls.map(({ nodeId, message }) => `${nodeId} ${message.sessionSeq}`);
  const flush = () => fanOut.flush(T);
  /** As a member's object asks, and takes what it gets. */
  const catchUp = (nodeId: string, from: number, goesLive = true) => {
    const page = fanOut.catchUp(member(nodeId), from, goesLive, T);
    return { ...page, items: story(page.items) };
  };
  return {
    ...session,
    fanOut,
    start,
    calls,
    untold,
    offline,
    woken,
    full,
    member,
    answer,
    post,
    called,
    flush,
    catchUp,
  };
}

test("every live member but the sender is called; with all acks nothing is written", () => {
  const { post, called, answer, flush, log } = setup();
  const fate = post(5, { except: "a" });
  expect(called()).toEqual(["b 5", "c 5"]);
  answer("delivered", "b");
  flush();
  expect(fate.status).toBeUndefined();
  answer("delivered", "c");
  expect(fate.status).toBeUndefined();
  flush();
  expect([fate.status, log.rowsWritten]).toEqual(["delivered", 0]);
});

test("a private message goes to the one that it is for, and to nobody where that is its sender", () => {
  const { post, called, flush } = setup();
  const [one, own, gone] = [post(1, { to: "b", except: "a" }), post(2, { to: "a", except: "a" }), post(3, { to: "x" })];
  expect(called()).toEqual(["b 1"]);
  flush();
  expect([one.status, own.status, gone.status]).toEqual([undefined, "delivered", "delivered"]);
});

test("only some members may be told, and be heard of when they have acked or stored it", () => {
  const { post, called, answer } = setup();
  const acked: string[] = [];
  post(1, {}, { among: ({ nodeId }) => nodeId !== "b", delivered: ({ nodeId }) => acked.push(nodeId) });
  expect(called()).toEqual(["a 1", "c 1"]);
  answer("delivered", "a");
  expect(acked).toEqual(["a"]);
  answer("stored", "c");
  expect(acked).toEqual(["a", "c"]);
});

test("stored at one member is stored", () => {
  const { post, answer, flush, log } = setup();
  const fate = post(1);
  answer("delivered", "a", "b");
  answer("stored", "c");
  flush();
  expect([fate.status, log.rowsWritten]).toEqual(["stored", 0]);
});

test.each(["behind", "offline", "UNAVAILABLE"] as const)(
  "a member that answers %s is called no more, and the message is written before the sender is told",
  (status) => {
    const { post, called, answer, flush, rows, member, restartRoster } = setup();
    const fate = post(5);
    answer("delivered", "a", "c");
    answer(status, "b");
    expect([rows(), fate.status]).toEqual([[], undefined]);
    flush();
    expect([rows(), fate.status]).toEqual([[[5]], "stored"]);
    expect([member("b").live, restartRoster().get("b")!.behindFrom]).toEqual([false, 5]);
    const next = post(6);
    expect(called()).toEqual(["a 6", "c 6"]);
    answer("delivered", "a", "c");
    flush();
    expect([rows(), next.status]).toEqual([[[5], [6]], "stored"]);
  },
);

test("a message is written once, however many are behind", () => {
  const { post, answer, flush, rows, log } = setup();
  post(1);
  answer("behind", "a", "b");
  flush();
  answer("behind", "c");
  flush();
  expect([rows(), log.rowsWritten]).toEqual([[[1]], 1]);
});

test("a member's object that could not be reached is to be told, one that answered knows", () => {
  const { post, answer, untold, offline, full, member, restartRoster } = setup();
  full.add("c");
  post(4);
  answer("UNAVAILABLE", "b");
  answer("offline", "a");
  expect([untold, offline]).toEqual([["c", "b"], ["a"]]);
  expect(["a", "b", "c"].map((nodeId) => restartRoster().get(nodeId)!.told)).toEqual([true, false, false]);
  expect(member("c").behindFrom).toBe(4);
});

test("a member that has come back is not taken for offline by the answer to an earlier call", () => {
  const { post, answer, catchUp, offline, member } = setup({ members: ["a"] });
  post(1);
  expect(catchUp("a", 1)).toMatchObject({ items: [1], live: true });
  answer("offline", "a");
  expect([offline, member("a").live]).toEqual([[], true]);
  post(2);
  answer("offline", "a");
  expect(offline).toEqual(["a"]);
});

test("a member on the way to whom a message ran out is told to catch up: the log has the gap", () => {
  const { post, answer, flush, untold, member } = setup();
  const some = post(3);
  answer("EXPIRED", "a", "b");
  answer("delivered", "c");
  flush();
  expect([some.status, untold]).toEqual(["stored", ["a", "b"]]);
  expect(["a", "b", "c"].map((nodeId) => member(nodeId).behindFrom)).toEqual([3, 3, null]);
});

test("a volatile message is never written, and makes nobody behind", () => {
  const { post, called, answer, flush, log, member, full, untold } = setup();
  full.add("b");
  const fate = post(1, {}, { volatile: true });
  expect(called()).toEqual(["a 1", "c 1"]);
  answer("dropped", "a");
  answer("UNAVAILABLE", "c");
  flush();
  expect([fate.status, log.rowsWritten, untold]).toEqual(["delivered", 0, []]);
  expect(["a", "b", "c"].map((nodeId) => member(nodeId).live)).toEqual([true, true, true]);
});

test("a member that catches up to the end is called again, and the log is emptied when it says that it has it all", () => {
  const { post, called, answer, flush, catchUp, fanOut, member, rows } = setup({ members: ["a"] });
  post(1);
  answer("offline", "a");
  post(2);
  flush();
  expect(catchUp("a", 1)).toEqual({ from: 1, items: [1, 2], next: 3, live: true });
  post(3);
  expect(called()).toEqual(["a 3"]);
  flush();
  expect(rows()).toEqual([[1, 2]]);
  expect(fanOut.caughtUp(member("a"), 3)).toBe(true);
  answer("delivered", "a");
  flush();
  expect([rows(), member("a").behindFrom]).toEqual([[], null]);
});

test("a member that is offline, or has not reached the end, is not called", () => {
  const { post, called, answer, flush, catchUp, fanOut, member } = setup({ members: ["a"] });
  post(1);
  answer("offline", "a");
  flush();
  expect(catchUp("a", 1, false)).toMatchObject({ items: [1], live: false });
  expect(fanOut.caughtUp(member("a"), 2)).toBe(false);
  post(2);
  for (let seq = 3; seq <= 300; seq++) post(seq);
  expect(called()).toEqual([]);
  expect(catchUp("a", 2)).toMatchObject({ next: 258, live: false });
  expect(catchUp("a", 258)).toMatchObject({ next: 301, live: true });
});

test("a member that falls behind again while it confirms is behind", () => {
  const { post, answer, flush, catchUp, fanOut, member, rows } = setup({ members: ["a"] });
  post(1);
  answer("offline", "a");
  catchUp("a", 1);
  post(2);
  answer("behind", "a");
  expect(fanOut.caughtUp(member("a"), 2)).toBe(false);
  flush();
  expect([rows().flat(), member("a").behindFrom]).toEqual([[1, 2], 1]);
});

test("only the confirmation of the last page counts", () => {
  const { post, answer, catchUp, fanOut, member } = setup({ members: ["a"] });
  post(1);
  answer("offline", "a");
  post(2);
  catchUp("a", 1);
  expect([fanOut.caughtUp(member("a"), 2), fanOut.caughtUp(member("a"), 3)]).toEqual([false, true]);
});

test("what a member was called with and has not answered is in its page, and its answer makes it behind no more", () => {
  const { post, answer, flush, catchUp, fanOut, member, rows } = setup({ members: ["a"] });
  const fates = [post(1), post(2), post(3)];
  // It has taken none of them, and has noted 2; its object was restarted since.
  expect(catchUp("a", 2)).toEqual({ from: 1, items: [], next: 1, live: false });
  expect(catchUp("a", 1)).toEqual({ from: 1, items: [1, 2, 3], next: 4, live: true });
  answer("behind", "a");
  flush();
  expect(fates.map(({ status }) => status)).toEqual(["stored", "stored", "stored"]);
  expect([member("a").live, fanOut.caughtUp(member("a"), 4)]).toEqual([true, true]);
  flush();
  expect(rows()).toEqual([]);
});

test("a member that goes on from its page is not given the same again", () => {
  const { post, catchUp } = setup({ members: ["a"] });
  for (let seq = 1; seq <= 300; seq++) post(seq);
  expect(catchUp("a", 1)).toMatchObject({ next: 257, live: false });
  expect(catchUp("a", 257)).toMatchObject({ from: 257, next: 301, live: true });
});

test("a member that has to begin before what it asked for is told so until it does, also after a crash", () => {
  const { post, catchUp, flush, start, restartRoster, restartLog } = setup({ members: ["a"] });
  post(1);
  post(2);
  expect(catchUp("a", 2)).toMatchObject({ from: 1, items: [] });
  expect(catchUp("a", 2)).toMatchObject({ from: 1, items: [] });
  flush();
  const roster = restartRoster();
  const again = start(roster, restartLog());
  expect(again.catchUp(roster.get("a")!, 2, true, T)).toMatchObject({ from: 1, items: [] });
  expect(again.catchUp(roster.get("a")!, 1, true, T)).toMatchObject({ from: 1, next: 3 });
  expect(again.catchUp(roster.get("a")!, 3, true, T)).toMatchObject({ from: 3, items: [] });
});

test("the log keeps what is in a call to one member when the others have caught up", () => {
  const { post, answer, flush, catchUp, fanOut, member, rows } = setup({ members: ["a", "b"] });
  post(1);
  answer("offline", "a");
  flush();
  catchUp("a", 1);
  expect(fanOut.caughtUp(member("a"), 2)).toBe(true);
  flush();
  expect(rows()).toEqual([[1]]);
  answer("UNAVAILABLE", "b");
  flush();
  expect([rows(), catchUp("b", 1).items]).toEqual([[[1]], [1]]);
});

test("once that member has it too the log is emptied", () => {
  const { post, answer, flush, catchUp, fanOut, member, rows } = setup({ members: ["a", "b"] });
  post(1);
  answer("offline", "a");
  flush();
  catchUp("a", 1);
  fanOut.caughtUp(member("a"), 2);
  flush();
  answer("delivered", "b");
  flush();
  expect(rows()).toEqual([]);
});

test("the answer of a member that has left writes nothing", () => {
  const { post, answer, flush, roster, fanOut, member, rows } = setup();
  const fate = post(1);
  answer("delivered", "a", "b");
  roster.remove(member("c"));
  fanOut.memberLeft();
  answer("behind", "c");
  flush();
  expect([rows(), fate.status]).toEqual([[], "delivered"]);
});

test("what a member that leaves kept the log for is dropped", () => {
  const { post, answer, flush, roster, fanOut, member, rows } = setup();
  post(1);
  answer("delivered", "a", "b");
  answer("offline", "c");
  flush();
  roster.remove(member("c"));
  fanOut.memberLeft();
  flush();
  expect(rows()).toEqual([]);
});

test("with history everything is written, but what is volatile", () => {
  const { post, answer, flush, rows } = setup({ members: ["a"], retention: { messages: 2, ms: 0 } });
  const fate = post(1);
  post(2, {}, { volatile: true });
  post(3);
  answer("delivered", "a");
  flush();
  expect([rows(), fate.status]).toEqual([[[1, 3]], "delivered"]);
  for (const seq of [4, 5]) {
    post(seq);
    answer("delivered", "a");
    flush();
  }
  expect(rows()).toEqual([[4], [5]]);
});

test("a message that the log had before a crash goes to those who were not behind then", () => {
  const { post, called, answer, flush, member, rows } = setup();
  member("a").behindFrom = 3;
  member("a").live = false;
  member("b").behindFrom = 5;
  member("b").live = false;
  const fate = post(9, {}, { loggedAt: 4 });
  expect(called()).toEqual(["c 9"]);
  answer("delivered", "c");
  flush();
  // b may lack it, and does not read from before 5.
  expect([rows(), fate.status]).toEqual([[[9]], "stored"]);
});

test("where the log has it for all who lack it, it is not written again, in a history neither", () => {
  const { post, answer, flush, member, rows } = setup({ members: ["a", "b"], retention: { messages: 9, ms: 0 } });
  member("a").behindFrom = 4;
  member("a").live = false;
  const fate = post(9, {}, { loggedAt: 4 });
  answer("delivered", "b");
  flush();
  expect([rows(), fate.status]).toEqual([[], "stored"]);
});

test("a new member that lacks what was said while its object was asked is told of it", () => {
  const { post, flush, roster, fanOut, untold, called, rows } = setup({ members: [] });
  const member = added(roster, "a", null, 1);
  post(1);
  flush();
  fanOut.mustBeTold(member);
  expect([called(), rows(), untold, member.told]).toEqual([[], [[1]], ["a"], false]);
});
