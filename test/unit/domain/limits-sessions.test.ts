/** The bounds of sessions as they are wired: the real limits of docs/protocol.md, written out here. */
import { expect, test } from "vitest";
import { LaneReceiver } from "../../../src/domain/lane-receiver.ts";
import { FanOut } from "../../../src/domain/session/fan-out.ts";
import { NodeSessions } from "../../../src/durable/node-sessions.ts";
import type { SessionJoined } from "../../../src/durable/rpc.ts";
import { SqlNodeSessionStore } from "../../../src/durable/sql/node-session-store.ts";
import { FakeLink, OutboxNode } from "./outbox-node.ts";
import { added, entry, storedSession, T } from "./stored-session.ts";

/** A session whose one member answers when it is told to. */
function fanOut() {
  const { roster, log } = storedSession();
  const answers: (() => void)[] = [];
  const out = new FanOut(roster, log, false, {
    offer: (_member, _message, settle) => answers.push(() => settle("delivered")) > 0,
    changed: () => {},
    untold: () => {},
    isOffline: () => {},
    wake: () => {},
  });
  const member = added(roster, "a");
  out.startsLive(member);
  return { out, answers, member };
}

test("a session has 10,000 members", () => {
  const { roster, storage, restartRoster } = storedSession();
  storage.transactionSync(() => {
    for (let i = 0; i < 10_000; i++) added(roster, `n${i}`);
  });
  expect(roster.add({ nodeId: "past", anonymousId: null, behindFrom: 1 }, T)).toBe("SESSION_FULL");
  expect([roster.size, restartRoster().size]).toEqual([10_000, 10_000]);
  roster.remove(roster.get("n0")!);
  expect(added(roster, "past").position).toBe(10_001);
});

test("2,048 messages are open before senders are told to slow down", () => {
  const { out, answers } = fanOut();
  for (let seq = 1; seq <= 2_047; seq++) out.post(entry(seq));
  expect(out.isFull).toBe(false);
  out.post(entry(2_048));
  expect(out.isFull).toBe(true);
  answers[0]!();
  out.flush(T);
  expect(out.isFull).toBe(false);
});

test("and 8 Mi characters", () => {
  const { out, answers } = fanOut();
  const tail = "x".repeat(1_048_576);
  for (let seq = 1; seq <= 7; seq++) out.post(entry(seq, { tail }));
  out.post(entry(8, { tail: tail.slice(1) }));
  expect(out.isFull).toBe(false);
  out.post(entry(9, { tail: "x" }));
  expect(out.isFull).toBe(true);
  answers.at(-1)!();
  out.flush(T);
  expect(out.isFull).toBe(false);
});

test.each([
  [256, 1, 256],
  [257, 1, 256],
  [2, 262_144, 2],
  [2, 262_145, 1],
])("of %d messages of %d characters a member is given %d at a time", (count, chars, given) => {
  const { out, member } = fanOut();
  member.live = false;
  member.behindFrom = 1;
  for (let seq = 1; seq <= count; seq++) out.post(entry(seq, { tail: "x".repeat(chars) }));
  const page = out.catchUp(member, 1, true, T);
  expect([page.items.length, page.next, page.live]).toEqual([given, given + 1, given === count]);
});

/** The sessions of a node; what it asks them for waits for an answer. */
function nodeSessions() {
  const node = new OutboxNode();
  const asked: string[] = [];
  const sessions = new NodeSessions(new SqlNodeSessionStore(node.storage), {
    nodeId: "a",
    session: (sessionId) => ({
      catchUp: () => (asked.push(sessionId), new Promise(() => {})),
      caughtUp: () => Promise.resolve(true),
      presence: () => Promise.resolve(),
      wakes: () => Promise.resolve(),
    }),
    wantsWakes: () => false,
    missed: () => 0,
    outbox: node.outbox,
    receiver: new LaneReceiver(10),
    changed: () => {},
    after: () => {},
    random: () => 0.5,
  });
  const join = (sessionId: string, by?: SessionJoined["by"]) =>
    sessions.join(sessionId, { watched: false, by, lacksFrom: undefined, from: 1 });
  return { node, sessions, asked, join };
}

test("a node is in 1,000 sessions; in those it may go on", () => {
  const { sessions, join, node } = nodeSessions();
  for (let i = 0; i < 1_000; i++) expect(join(`s${i}`).ok).toBe(true);
  expect(join("past")).toEqual({ ok: false, code: "TOO_MANY_SESSIONS" });
  expect(join("s5").ok).toBe(true);
  expect([sessions.size, new SqlNodeSessionStore(node.storage).all().length]).toEqual([1_000, 1_000]);
  sessions.leave("s0");
  expect(join("past").ok).toBe(true);
});

test("in 500 of them by others", () => {
  const { sessions, join } = nodeSessions();
  for (let i = 0; i < 500; i++) expect(join(`s${i}`, "another").ok).toBe(true);
  expect(join("past", "another")).toEqual({ ok: false, code: "TOO_MANY_SESSIONS" });
  for (let i = 0; i < 499; i++) expect(join(`own${i}`, i % 2 === 0 ? "itself" : undefined).ok).toBe(true);
  sessions.leave("s0");
  expect([join("past", "another").ok, join("own").ok, join("beyond").ok]).toEqual([true, true, false]);
});

test("4 sessions are caught up with at once", () => {
  const { node, sessions, asked, join } = nodeSessions();
  for (const sessionId of ["s1", "s2", "s3", "s4", "s5"]) join(sessionId);
  node.connect(new FakeLink("L"));
  sessions.endOfTick();
  sessions.endOfTick();
  expect(asked).toEqual(["s1", "s2", "s3", "s4"]);
});
