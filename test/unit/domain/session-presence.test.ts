/** Who of a session is online as the others know it, with 15 s in which to come back unnoticed. */
import { expect, test } from "vitest";
import { nextOfflineAt, noteOnline, takeOffline } from "../../../src/domain/session/presence.ts";
import { added, storedSession, T } from "./stored-session.ts";

function setup() {
  const { roster } = storedSession();
  return { roster, a: added(roster, "a"), b: added(roster, "b") };
}

test("a member that comes online is told of once", () => {
  const { a } = setup();
  expect([noteOnline(a, true, T), noteOnline(a, true, T + 1)]).toEqual(["online", "same"]);
  expect(a).toMatchObject({ online: true, offlineSince: null });
});

test("a member that was never online does not go offline", () => {
  const { a, roster } = setup();
  expect([noteOnline(a, false, T), nextOfflineAt(roster)]).toEqual(["same", undefined]);
});

test("a member that comes back within 15 s was never away", () => {
  const { a, roster } = setup();
  noteOnline(a, true, T);
  expect(noteOnline(a, false, T)).toBe("changed");
  expect(takeOffline(roster, T + 14_999)).toEqual([]);
  expect(noteOnline(a, true, T + 14_999)).toBe("changed");
  expect(takeOffline(roster, T + 60_000)).toEqual([]);
  expect([a.online, nextOfflineAt(roster)]).toEqual([true, undefined]);
});

test("after 15 s it is offline, once", () => {
  const { a, roster } = setup();
  noteOnline(a, true, T);
  noteOnline(a, false, T);
  expect(takeOffline(roster, T + 15_000)).toEqual([a]);
  expect(a).toMatchObject({ online: false, offlineSince: null });
  expect(takeOffline(roster, T + 30_000)).toEqual([]);
  expect(noteOnline(a, true, T + 30_000)).toBe("online");
});

test("the 15 s count from when it went, however often that is said", () => {
  const { a, roster } = setup();
  noteOnline(a, true, T);
  noteOnline(a, false, T);
  expect(noteOnline(a, false, T + 10_000)).toBe("same");
  expect(nextOfflineAt(roster)).toBe(T + 15_000);
});

test("the next to go offline is the one that went first", () => {
  const { a, b, roster } = setup();
  for (const member of [a, b]) noteOnline(member, true, T);
  noteOnline(b, false, T + 5);
  noteOnline(a, false, T + 7);
  expect(nextOfflineAt(roster)).toBe(T + 15_005);
  expect(takeOffline(roster, T + 15_006)).toEqual([b]);
  expect(nextOfflineAt(roster)).toBe(T + 15_007);
});
