/** Who may say what to whom in a session, and who is the next master of a game. */
import { expect, test } from "vitest";
import type { ForSession } from "../../../src/domain/lane.ts";
import { nextMaster, route } from "../../../src/domain/session/routing.ts";
import { added, facts, storedSession } from "./stored-session.ts";

function setup() {
  const { roster } = storedSession();
  const [a, b, hidden] = [added(roster, "a"), added(roster, "b"), added(roster, "c", "anon")];
  return { roster, a, b, hidden };
}

type Roster = ReturnType<typeof setup>["roster"];

const GAME = facts({ type: 1, masterId: "a", fencingNumber: 3 });

/** What becomes of a message of this node. */
function way(roster: Roster, src: string, message: ForSession = {}, of = facts()) {
  return route(of, roster, roster.get(src), message);
}

test("a member speaks to all, or to one by the name that the session shows", () => {
  const { roster } = setup();
  expect(way(roster, "a")).toEqual({ to: undefined });
  expect(way(roster, "a", { member: "b" })).toEqual({ to: "b" });
  expect(way(roster, "a", { member: "anon" })).toEqual({ to: "c" });
  expect(way(roster, "c", { member: "a" })).toEqual({ to: "a" });
});

test("the node_id of an anonymous member is as unknown as one that is no member", () => {
  const { roster, hidden } = setup();
  expect(way(roster, "a", { member: "c" })).toBe("SESSION_UNAUTHORIZED");
  expect(way(roster, "a", { member: "nobody" })).toBe("SESSION_UNAUTHORIZED");
  roster.reveal(hidden);
  expect([way(roster, "a", { member: "c" }), way(roster, "a", { member: "anon" })]).toEqual([{ to: "c" }, { to: "c" }]);
});

test("who is no member does not speak, but for an app node", () => {
  const { roster } = setup();
  expect(way(roster, "x")).toBe("SESSION_UNAUTHORIZED");
  expect(way(roster, "x", { member: "a" })).toBe("SESSION_UNAUTHORIZED");
  expect(way(roster, "x", { app: true })).toEqual({ to: undefined });
  expect(way(roster, "x", { app: true, member: "anon" })).toEqual({ to: "c" });
  expect(way(roster, "x", { app: true, member: "c" })).toBe("SESSION_UNAUTHORIZED");
});

test("in a game members speak to the master only, the master to all or to one", () => {
  const { roster } = setup();
  expect(way(roster, "b", {}, GAME)).toEqual({ to: "a", isForMaster: true });
  expect(way(roster, "b", { member: "a" }, GAME)).toEqual({ to: "a", isForMaster: true });
  expect(way(roster, "b", { member: "anon" }, GAME)).toBe("SESSION_UNAUTHORIZED");
  expect(way(roster, "c", { member: "c" }, GAME)).toBe("SESSION_UNAUTHORIZED");
  expect(way(roster, "a", {}, GAME)).toEqual({ to: undefined });
  expect(way(roster, "a", { member: "anon" }, GAME)).toEqual({ to: "c" });
  expect(way(roster, "x", { app: true }, GAME)).toEqual({ to: undefined });
});

test("in a game without a master nobody is spoken to", () => {
  const { roster } = setup();
  expect(way(roster, "b", {}, { ...GAME, masterId: null })).toBe("NO_MASTER");
  // A pinned one that has left.
  expect(way(roster, "b", {}, { ...GAME, masterId: "gone", pinnedMasterId: "gone" })).toBe("NO_MASTER");
});

test("a fencing_number that is not the game's is refused, also of the master and of app nodes", () => {
  const { roster } = setup();
  for (const fence of [2, 4]) {
    expect(way(roster, "a", { fence }, GAME)).toBe("DEPOSED");
    expect(way(roster, "b", { fence }, GAME)).toBe("DEPOSED");
    expect(way(roster, "x", { app: true, fence }, GAME)).toBe("DEPOSED");
  }
  expect(way(roster, "x", { app: true, fence: 3 }, GAME)).toEqual({ to: undefined });
  expect(way(roster, "a", { fence: 3 }, GAME)).toEqual({ to: undefined });
  expect(way(roster, "b", { fence: 3 }, GAME)).toEqual({ to: "a", isForMaster: true });
});

test("a deposed master is refused whatever it says, in games", () => {
  const { roster, b } = setup();
  b.deposed = true;
  expect([way(roster, "b", {}, GAME), way(roster, "b", { fence: 3 }, GAME)]).toEqual(["DEPOSED", "DEPOSED"]);
  expect(way(roster, "b", { fence: 2 })).toEqual({ to: undefined });
});

test("the next master is the next online member in the order of joining, around the end", () => {
  const { roster, a, b, hidden } = setup();
  const next = (masterId: string | null, position: number) => nextMaster(roster, masterId, position)?.nodeId;
  hidden.online = true;
  expect(next("a", a.position)).toBe("c");
  b.online = true;
  expect(next("a", a.position)).toBe("b");
  expect(next("b", b.position)).toBe("c");
  expect(next("c", hidden.position)).toBe("b");
  a.online = true;
  expect(next("c", hidden.position)).toBe("a");
});

test("where none is online it is the next one all the same; a master that left has no part in it", () => {
  const { roster, a, b, hidden } = setup();
  const next = (masterId: string | null, position: number) => nextMaster(roster, masterId, position)?.nodeId;
  expect([next("a", a.position), next("c", hidden.position), next(null, 0)]).toEqual(["b", "a", "a"]);
  roster.remove(b);
  expect(next("b", b.position)).toBe("c");
  roster.remove(hidden);
  expect(next("a", a.position)).toBeUndefined();
});
