/** How a node catches up with its sessions: what it asks them for, and when; what it takes meanwhile. */
import { expect, test } from "vitest";
import { AskedSessions, message } from "./asked-sessions.ts";
import { settled } from "./lane-port.ts";

const setup = (...sessionIds: string[]) => new AskedSessions("v1", ...sessionIds);

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
  const it = setup("s");
  const { link, asked } = it;
  it.tick();
  void it.call("s", 2);
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
