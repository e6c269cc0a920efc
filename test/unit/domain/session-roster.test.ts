/** Who is in a session, in which order, and under which names. */
import { expect, test } from "vitest";
import { isAnonymous, shownName } from "../../../src/domain/session/member.ts";
import { added, storedSession, T } from "./stored-session.ts";

test("members are listed in the order of joining, also after a restart", () => {
  const { roster, restartRoster } = storedSession();
  for (const nodeId of ["z", "a", "m"]) added(roster, nodeId);
  roster.remove(roster.get("a")!);
  added(roster, "b");
  const nodeIds = (of: typeof roster) => [...of].map(({ nodeId }) => nodeId);
  expect(nodeIds(roster)).toEqual(["z", "m", "b"]);
  expect(nodeIds(restartRoster())).toEqual(["z", "m", "b"]);
  added(roster, "a");
  expect(nodeIds(restartRoster())).toEqual(["z", "m", "b", "a"]);
});

test("a new member lacks everything from where it is told to, and is not called", () => {
  const { roster } = storedSession();
  expect(added(roster, "a", null, 7)).toMatchObject({ behindFrom: 7, live: false, told: true, joinedAt: T });
});

test("what was changed of a member is kept; after a restart it is live unless it is behind", () => {
  const { roster, restartRoster } = storedSession();
  const member = added(roster, "a", "anon", 7);
  Object.assign(member, { behindFrom: null, told: false, online: true, offlineSince: T, deposed: true });
  roster.save(member);
  expect(restartRoster().get("a")).toEqual({ ...member, live: true });
  Object.assign(member, { behindFrom: 9, told: true, online: false, offlineSince: null, deposed: false });
  roster.save(member);
  expect(restartRoster().get("a")).toEqual({ ...member, live: false });
});

test("who added a member is kept for as long as it is one", () => {
  const { roster, restartRoster } = storedSession();
  const member = roster.add({ nodeId: "a", anonymousId: "anon", behindFrom: 1, addedBy: "owner" }, T);
  expect([member, restartRoster().get("a")]).toMatchObject([{ addedBy: "owner" }, { addedBy: "owner" }]);
  roster.remove(roster.get("a")!);
  expect(added(roster, "a", "anon").addedBy).toBeNull();
  expect(restartRoster().get("a")!.addedBy).toBeNull();
});

test("a member that was removed is not written again", () => {
  const { roster, restartRoster } = storedSession();
  const member = added(roster, "a");
  roster.remove(member);
  roster.save(member);
  expect([roster.get("a"), roster.named("a"), restartRoster().size]).toEqual([undefined, undefined, 0]);
});

test("an anonymous member is known by its anonymous_id only, and its node_id is free for another's name", () => {
  const { roster } = storedSession();
  const hidden = added(roster, "a", "anon");
  expect([isAnonymous(hidden), shownName(hidden)]).toEqual([true, "anon"]);
  expect([roster.named("anon"), roster.named("a"), roster.get("a")]).toEqual([hidden, undefined, hidden]);
  const other = added(roster, "b", "a");
  expect(roster.named("a")).toBe(other);
});

test.each([
  ["a known member's node_id as anonymous_id", "x", "known"],
  ["another's anonymous_id", "x", "anon"],
  ["an anonymous_id that is the node's own id", "anon", null],
  ["a revealed member's node_id", "x", "revealed"],
  ["the old anonymous_id of a revealed member", "x", "was"],
])("a name is taken: %s", (_, nodeId, anonymousId) => {
  const { roster, restartRoster } = storedSession();
  added(roster, "known");
  added(roster, "hidden", "anon");
  expect(roster.reveal(added(roster, "revealed", "was"))).toBeUndefined();
  expect(roster.add({ nodeId, anonymousId, behindFrom: 1 }, T)).toBe("NAME_TAKEN");
  expect(restartRoster().add({ nodeId, anonymousId, behindFrom: 1 }, T)).toBe("NAME_TAKEN");
  expect([roster.size, restartRoster().size]).toEqual([3, 3]);
});

test("a member that reveals itself is known by both names, for good", () => {
  const { roster, restartRoster } = storedSession();
  const member = added(roster, "a", "anon");
  expect(roster.reveal(member)).toBeUndefined();
  for (const of of [roster, restartRoster()]) {
    expect([of.named("a")?.nodeId, of.named("anon")?.nodeId]).toEqual(["a", "a"]);
    expect([isAnonymous(of.get("a")!), shownName(of.get("a")!)]).toEqual([false, "a"]);
  }
});

test("a member cannot reveal itself where another goes by its node_id", () => {
  const { roster, restartRoster } = storedSession();
  const member = added(roster, "a", "anon");
  const other = added(roster, "b", "a");
  expect(roster.reveal(member)).toBe("NAME_TAKEN");
  expect([isAnonymous(member), roster.named("a")]).toEqual([true, other]);
  expect(isAnonymous(restartRoster().get("a")!)).toBe(true);
});

test("the names of a member that leaves are free again, those that others took meanwhile are not", () => {
  const { roster } = storedSession();
  const member = added(roster, "a", "anon");
  const other = added(roster, "b", "a");
  roster.remove(member);
  expect([roster.named("anon"), roster.named("a")]).toEqual([undefined, other]);
  added(roster, "anon");
});

test("the log is needed from the lowest place that a member is behind at", () => {
  const { roster } = storedSession();
  expect(roster.neededFrom()).toBeUndefined();
  const [a, b] = [added(roster, "a", null, 7), added(roster, "b", null, 4)];
  expect(roster.neededFrom()).toBe(4);
  b.behindFrom = null;
  expect(roster.neededFrom()).toBe(7);
  roster.remove(a);
  expect(roster.neededFrom()).toBeUndefined();
});
