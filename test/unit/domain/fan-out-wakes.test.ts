/** Whose objects hear of a message that they were not called with. */
import { expect, test } from "vitest";
import type { LaneMessage, LaneStatus } from "../../../src/domain/lane.ts";
import { FanOut } from "../../../src/domain/session/fan-out.ts";
import type { PostOptions } from "../../../src/domain/session/fan-out-port.ts";
import type { LogEntry } from "../../../src/domain/session/session-log.ts";
import type { PushHint } from "../../../src/protocol/push-hint.ts";
import { added, entry, storedSession, T } from "./stored-session.ts";

/** a is live; b, c and d are away, and d wants no wakes. */
function setup() {
  const { roster, log, rows, restartLog } = storedSession();
  const woken: string[] = [];
  const hints = new Map<number, PushHint | undefined>();
  const calls: { message: LaneMessage; answer: (status: LaneStatus) => void }[] = [];
  const full = new Set<string>();
  const fanOut = new FanOut(roster, log, false, {
    offer: ({ nodeId }, message, answer) => !full.has(nodeId) && calls.push({ message, answer }) > 0,
    changed: () => {},
    untold: () => {},
    isOffline: () => {},
    wake: ({ nodeId }, { seq, push }) => {
      woken.push(`${nodeId} ${seq}`);
      hints.set(seq, push);
    },
  });
  for (const nodeId of ["a", "b", "c", "d"]) added(roster, nodeId);
  const member = (nodeId: string) => roster.get(nodeId)!;
  fanOut.startsLive(member("a"));
  for (const nodeId of ["a", "b", "c"]) member(nodeId).wakes = true;
  const post = (seq: number, change: Partial<LogEntry> = {}, options?: PostOptions) =>
    fanOut.post(entry(seq, change), options);
  return { roster, log, rows, restartLog, fanOut, woken, hints, calls, full, member, post };
}

test("those that are away and want it are woken, the sender is not", () => {
  const { post, woken } = setup();
  post(1);
  post(2, { except: "b" });
  expect(woken).toEqual(["b 1", "c 1", "c 2"]);
});

test("a private message wakes the one that it is for", () => {
  const { post, woken } = setup();
  post(1, { to: "c", except: "a" });
  post(2, { to: "d", except: "a" });
  post(3, { to: "b", except: "b" });
  expect(woken).toEqual(["c 1"]);
});

test("a message that is for some of them wakes these alone", () => {
  const { post, woken, member } = setup();
  post(1, {}, { among: ({ nodeId }) => nodeId !== "b" });
  // As a change of master that is told again: `since` is all that says whom it is for.
  post(2, { since: member("c").position });
  expect(woken).toEqual(["c 1", "c 2"]);
});

test("a volatile message wakes nobody, nor one of which its sender says so", () => {
  const { post, woken } = setup();
  post(1, {}, { volatile: true });
  post(2, { push: { off: true } });
  post(3, { push: { off: true, named: true } });
  expect(woken).toEqual([]);
});

test("nor one that an earlier life of the session has logged: who lacks it was woken then", () => {
  const { post, woken, member, full } = setup();
  for (const nodeId of ["b", "c"]) member(nodeId).behindFrom = 5;
  full.add("a");
  const fate = post(9, {}, { loggedAt: 4 });
  expect([woken, fate.status]).toEqual([[], undefined]);
  post(10);
  expect(woken).toEqual(["a 10", "b 10", "c 10"]);
});

test.each(["behind", "offline", "delivered", "stored"] as const)(
  "a live member whose object answers %s has seen the message",
  (status) => {
    const { post, woken, calls } = setup();
    post(1, { to: "a" });
    calls[0]!.answer(status);
    expect(woken).toEqual([]);
  },
);

test("one whose object was not reached has not", () => {
  const { post, woken, calls } = setup();
  post(1, { to: "a" });
  calls[0]!.answer("UNAVAILABLE");
  expect(woken).toEqual(["a 1"]);
});

test("nor has one that could not even be called; a volatile message it would not miss", () => {
  const { post, woken, full } = setup();
  full.add("a");
  post(1, { to: "a" }, { volatile: true });
  expect(woken).toEqual([]);
  post(2, { to: "a" });
  expect(woken).toEqual(["a 2"]);
});

test("a member that has come back is not woken for what it is called with", () => {
  const { post, woken, fanOut, member } = setup();
  post(1);
  fanOut.catchUp(member("b"), 1, true, T);
  post(2);
  expect(woken).toEqual(["b 1", "c 1", "c 2"]);
});

test("what a message says of its push goes with it: by call, in the log, and to those who are woken", () => {
  const { post, hints, calls, fanOut, member, restartLog, log } = setup();
  const push: PushHint = { wish: { title: "hello", data: { k: "v" }, silent: true }, named: true };
  post(1, { push });
  post(2);
  expect(calls.map(({ message }) => message.push)).toEqual([push, undefined]);
  expect([...hints.values()]).toEqual([push, undefined]);
  fanOut.flush(T);
  const { items } = fanOut.catchUp(member("b"), 1, false, T);
  expect(items.map((item) => "push" in item && item.push)).toEqual([push, false]);
  expect([restartLog().count, log.count]).toEqual([2, 2]);
});

test("what is passed on to a new master of a game keeps it too", () => {
  const { post, fanOut, member } = setup();
  const push: PushHint = { off: true, named: true };
  post(1, { push, to: "b", isForMaster: true });
  expect(fanOut.pendingForMaster(member("b"), T).map((pending) => pending.push)).toEqual([push]);
});
