/** How a node catches up with its sessions: what it asks them for, and when; what it takes meanwhile. */
import { expect, test, vi } from "vitest";
import type { LaneMessage } from "../../../src/domain/lane.ts";
import { LaneReceiver } from "../../../src/domain/lane-receiver.ts";
import { NodeSessions } from "../../../src/durable/node-sessions.ts";
import type { CatchUpPage } from "../../../src/durable/session-rpc.ts";
import { SqlNodeSessionStore } from "../../../src/durable/sql/node-session-store.ts";
import { settled } from "./lane-port.ts";
import { FakeLink, OutboxNode } from "./outbox-node.ts";

interface Asked {
  what: string;
  page(page: Omit<CatchUpPage & { gone: false }, "gone">): Promise<void>;
  answer(isCurrent: boolean): Promise<void>;
  fail(): Promise<void>;
}

/** A node with one connection whose sessions answer when they are told to. */
function setup(...sessionIds: string[]) {
  const node = new OutboxNode();
  const link = new FakeLink("L");
  const asked: Asked[] = [];
  const later: (() => void)[] = [];
  const ask = <T>(what: string): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    asked.push({
      what,
      page: (page) => (resolve({ gone: false, ...page }), settled()),
      answer: (isCurrent) => (resolve(isCurrent), settled()),
      fail: () => (reject(new Error("the session is down")), settled()),
    });
    return promise as Promise<T>;
  };
  const tick = () => {
    node.tick();
    sessions.pull();
  };
  const sessions: NodeSessions = new NodeSessions(new SqlNodeSessionStore(node.storage), {
    nodeId: "a",
    session: (sessionId) => ({
      catchUp: (_, from) => ask(`${sessionId} from ${from}`),
      caughtUp: (_, from) => ask(`${sessionId} has ${from}`),
      presence: () => Promise.resolve(),
    }),
    outbox: node.outbox,
    receiver: new LaneReceiver(10),
    changed: () => queueMicrotask(tick),
    after: (_delayMs, callback) => void later.push(callback),
  });
  node.now = Date.now();
  for (const sessionId of sessionIds) sessions.join(sessionId, { watched: false, lacksFrom: 1, from: 1 });
  node.connect(link);
  let position = 0;
  const call = (sessionId: string, ...seqs: number[]) => {
    const batch = { lane: sessionId, src: sessionId, first: position, start: true, messages: seqs.map(message) };
    position += seqs.length;
    return sessions.deliver(sessionId, batch);
  };
  const unreadFrom = () => new SqlNodeSessionStore(node.storage).all().map((session) => session.unreadFrom);
  const what = () => asked.map((call) => call.what);
  return { node, link, sessions, asked, later, call, tick, unreadFrom, what };
}

function message(seq: number): LaneMessage {
  const tail = `"src_id":"x","timestamp":5,"session_seq":${seq},"dest_session_id":"s","id":"m${seq}"}`;
  return { id: `x\nm${seq}`, tail, expiresAt: 0, volatile: false, sessionSeq: seq };
}

test("page by page, each once the one before is acked; then it says that it has everything", async () => {
  const { node, link, asked, tick, unreadFrom, what } = setup("s");
  tick();
  await asked[0]!.page({ from: 1, messages: [message(1), message(2)], next: 3, live: false });
  expect([what(), link.story(), unreadFrom()]).toEqual([["s from 1"], ["1 m1", "2 m2"], [1]]);
  node.ack(link, 2);
  await settled();
  expect([what(), unreadFrom()]).toEqual([["s from 1", "s from 3"], [3]]);
  await asked[1]!.page({ from: 3, messages: [], next: 3, live: true });
  expect(what().slice(2)).toEqual(["s has 3"]);
  await asked[2]!.answer(true);
  expect(unreadFrom()).toEqual([null]);
});

test("what is called while a page is under way comes after it", async () => {
  const { link, asked, call, tick } = setup("s");
  tick();
  void call("s", 2);
  await settled();
  expect(link.story()).toEqual([]);
  await asked[0]!.page({ from: 1, messages: [message(1)], next: 2, live: true });
  expect(link.story()).toEqual(["1 m1", "2 m2"]);
});

test("a session that it is no longer a member of is forgotten", async () => {
  const { sessions, asked, tick } = setup("s");
  tick();
  await asked[0]!.page({ gone: true } as never);
  expect(sessions.size).toBe(0);
});

test("of what is missed while it confirms, the lowest counts", async () => {
  const { node, sessions, asked, tick, unreadFrom } = setup("s");
  tick();
  await asked[0]!.page({ from: 1, messages: [], next: 1, live: true });
  for (const from of [7, 5]) sessions.join("s", { watched: false, lacksFrom: from, from });
  node.disconnect(node.links[0]!);
  await asked[1]!.answer(true);
  expect(unreadFrom()).toEqual([5]);
});

test("where the session says that it has fallen behind meanwhile, it asks again", async () => {
  const { asked, tick, what } = setup("s");
  tick();
  await asked[0]!.page({ from: 1, messages: [], next: 4, live: true });
  await asked[1]!.answer(false);
  expect(what()).toEqual(["s from 1", "s has 4", "s from 4"]);
});

test("a session that waited for others is caught up with when one of them is done, without another event", async () => {
  const { asked, tick, what } = setup("s1", "s2", "s3", "s4", "s5");
  tick();
  expect(what()).toEqual(["s1 from 1", "s2 from 1", "s3 from 1", "s4 from 1"]);
  await asked[0]!.page({ from: 1, messages: [], next: 1, live: true });
  expect(what().slice(4)).toEqual(["s1 has 1"]);
  await asked[4]!.answer(true);
  expect(what().slice(5)).toEqual(["s5 from 1"]);
});

test("after a call that failed it tries again, by and by", async () => {
  using _logged = vi.spyOn(console, "error").mockImplementation(() => {});
  const { asked, later, tick, what, unreadFrom } = setup("s");
  tick();
  await asked[0]!.fail();
  expect([what(), later.length]).toEqual([["s from 1"], 1]);
  later[0]!();
  await settled();
  await asked[1]!.page({ from: 1, messages: [], next: 1, live: true });
  await asked[2]!.fail();
  later[1]!();
  await settled();
  expect([what(), unreadFrom()]).toEqual([["s from 1", "s from 1", "s has 1", "s from 1"], [1]]);
});

test("what could not be reached is asked for from the lowest place, and kept over a restart", () => {
  const { sessions, unreadFrom } = setup();
  sessions.join("s", { watched: false, lacksFrom: undefined, from: 1 });
  expect(unreadFrom()).toEqual([null]);
  for (const from of [9, 4, 6]) sessions.join("s", { watched: false, lacksFrom: from, from });
  expect([unreadFrom(), sessions.unread]).toEqual([[4], 1]);
});

test("a node that joins lacks the history, or where it is offline what follows", () => {
  const { node, sessions, unreadFrom } = setup();
  expect(sessions.join("s1", { watched: false, lacksFrom: undefined, from: 3 })).toMatchObject({ isBehind: false });
  expect(sessions.join("s2", { watched: false, lacksFrom: 2, from: 3 })).toMatchObject({ isBehind: true });
  node.disconnect(node.links[0]!);
  expect(sessions.join("s3", { watched: false, lacksFrom: undefined, from: 3 })).toMatchObject({ isBehind: true });
  expect(unreadFrom()).toEqual([null, 2, 3]);
});
