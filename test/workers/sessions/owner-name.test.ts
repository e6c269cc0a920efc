/** Who the info names as the owner: its node_id, unless it founded the session anonymously and has not revealed itself. */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { app, created, evictSessions, infoOf, joined, left, revealed, type Who } from "./calls.ts";

const OPEN = { anyone_can_join: true };

/** Everybody who may ask, after the session has slept. */
async function ownerFor(sessionId: string, ...askers: (string | Who)[]): Promise<(string | null)[]> {
  await evictSessions(sessionId);
  return Promise.all(askers.map(async (asker) => (await infoOf(sessionId, asker)).owner_id));
}

/** A session that its owner founded anonymously, and another member. */
async function hidden() {
  const [owner, other] = [newId("secret"), newId("other")];
  const sessionId = await created(owner, { ...OPEN, is_anonymous: true });
  await joined(sessionId, other);
  return { owner, other, sessionId, name: (await infoOf(sessionId, owner)).me!.anonymous_id! };
}

test("a known owner stays known when it leaves, and when it comes back anonymously", async () => {
  const [owner, other] = [newId("owner"), newId("other")];
  const sessionId = await created(owner, OPEN);
  await joined(sessionId, other);
  expect(await ownerFor(sessionId, owner, other)).toEqual([owner, owner]);
  await left(sessionId, owner);
  expect(await ownerFor(sessionId, other, app())).toEqual([owner, owner]);
  // Nothing ties the name that it has now to the owner that all know.
  const [, name] = await joined(sessionId, owner, { is_anonymous: true });
  expect(await ownerFor(sessionId, owner, other, app())).toEqual([owner, owner, owner]);
  expect((await infoOf(sessionId, other)).members.map(({ node_id }) => node_id)).toEqual([other, name]);
});

test("an app node that founds a session without being a member is named; one that wished to be anonymous is not", async () => {
  const [founder, member] = [app(), newId("member")];
  const [plain, wished, listed] = [newId("session"), newId("session"), newId("session")];
  await created(founder, { _session_info_: [plain, [[member]]] });
  await created(founder, { _session_info_: [wished, [[member]]], is_anonymous: true });
  await created(founder, { _session_info_: [listed, [[member], [founder.nodeId, "mask"]]] });
  expect(await ownerFor(plain, member, founder)).toEqual([founder.nodeId, founder.nodeId]);
  expect(await ownerFor(wished, member, founder)).toEqual([null, founder.nodeId]);
  expect(await ownerFor(listed, member)).toEqual(["mask"]);
});

test("a hidden owner goes by the name of its anonymous membership; outside it is known to itself and the app alone", async () => {
  const { owner, other, sessionId, name } = await hidden();
  expect(await ownerFor(sessionId, owner, other, app())).toEqual([name, name, name]);
  await left(sessionId, owner);
  expect(await ownerFor(sessionId, other, app())).toEqual([null, owner]);
  const [, again] = await joined(sessionId, owner, { is_anonymous: true });
  expect(again).not.toBe(name);
  expect(await ownerFor(sessionId, owner, other)).toEqual([again, again]);
});

test("one that comes back known is not named, since that would say who it was", async () => {
  const { owner, other, sessionId } = await hidden();
  await left(sessionId, owner);
  await joined(sessionId, owner);
  expect(await ownerFor(sessionId, owner, other, app())).toEqual([owner, null, owner]);
  // It has nothing to reveal.
  expect(await revealed(sessionId, owner)).toEqual([owner, null]);
  expect(await ownerFor(sessionId, other)).toEqual([null]);
});

test("one that reveals itself is known for good; another member's revealing changes nothing", async () => {
  const { owner, other, sessionId, name } = await hidden();
  const third = newId("third");
  await joined(sessionId, third, { is_anonymous: true });
  await revealed(sessionId, third);
  expect(await ownerFor(sessionId, other)).toEqual([name]);
  await revealed(sessionId, owner);
  expect(await ownerFor(sessionId, owner, other)).toEqual([owner, owner]);
  await left(sessionId, owner);
  expect(await ownerFor(sessionId, other)).toEqual([owner]);
  await joined(sessionId, owner, { is_anonymous: true });
  expect(await ownerFor(sessionId, other)).toEqual([owner]);
});
