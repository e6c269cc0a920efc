/** Who makes another node an anonymous member knows it by both names, as long as that membership lasts; nobody else does. */
import { expect, test } from "vitest";
import { expectError, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { app, as, created, evictSessions, infoOf, joined, left, type Who } from "./calls.ts";

const ANONYMOUS = { is_anonymous: true };

const remove = (sessionId: string, name: string, by: string | Who) =>
  as(by, "DELETE", `/v1/sessions/${sessionId}/members/${name}`);

/** A session of this owner with an anonymous member, whom it has added. */
async function scene() {
  const [owner, node] = [newId("owner"), newId("secret")];
  const sessionId = await created(owner, { anyone_can_join: true });
  const [, name] = await joined(sessionId, node, ANONYMOUS, owner);
  return { owner, node, sessionId, name: name! };
}

test("the owner is answered the pair, also when it asks again, and after the session has slept", async () => {
  const { owner, node, sessionId, name } = await scene();
  expect(name).toMatch(/^anon-/);
  expect(await joined(sessionId, node, {}, owner)).toEqual([node, name]);
  await evictSessions(sessionId);
  expect(await joined(sessionId, node, ANONYMOUS, owner)).toEqual([node, name]);
  expect(await joined(sessionId, node)).toEqual([node, name]);
  const info = await infoOf(sessionId, owner);
  expect(info.members.map(({ node_id }) => node_id)).toEqual([owner, name]);
  expect(JSON.stringify(info)).not.toContain(node);
});

test.each(["node_id", "name"])("it removes the member by its %s", async (by) => {
  const { owner, node, sessionId, name } = await scene();
  await evictSessions(sessionId);
  expect(await left(sessionId, by === "name" ? name : node, owner)).toEqual({ removed: true });
  expect((await infoOf(sessionId, owner)).member_count).toBe(1);
});

test("over its socket, too", async () => {
  const { owner, node, sessionId, name } = await scene();
  const [o, member] = [await Client.connect(owner, { acks: true }), await Client.connect(node, { acks: true })];
  o.send({ id: "l", type: 103, dest_session_id: sessionId, payload: { node_id: node } });
  expect(await o.settled("l")).toEqual(["delivered"]);
  await o.until(() => o.messages.some(({ type }) => type === 103), "103");
  expect(JSON.stringify(o.seen)).not.toContain(node);
  await member.until(() => member.messages.some(({ type }) => type === 103), "103");
  expect(member.messages.at(-1)).toMatchObject({ src_id: name, payload: { reason: "removed" } });
  for (const client of [o, member]) await client.close();
});

test("an owner that did not add the member is answered no pair, and cannot name it", async () => {
  const [owner, byApp, byItself] = [newId("owner"), newId("secret-a"), newId("secret-b")];
  const sessionId = await created(owner, { anyone_can_join: true });
  const adder = app();
  const [, nameA] = await joined(sessionId, byApp, ANONYMOUS, adder);
  const [, nameB] = await joined(sessionId, byItself, ANONYMOUS);
  for (const node of [byApp, byItself]) {
    expect(await joined(sessionId, node, ANONYMOUS, owner)).toEqual([node, null]);
    // Having asked makes it no adder.
    expect(await joined(sessionId, node, {}, owner)).toEqual([node, null]);
    await expectError(await remove(sessionId, node, owner), "MEMBER_UNKNOWN");
  }
  expect(await joined(sessionId, byApp, {}, adder)).toEqual([byApp, nameA]);
  expect(await joined(sessionId, byItself, {}, app())).toEqual([byItself, nameB]);
  expect((await infoOf(sessionId, owner)).members.map(({ node_id }) => node_id)).toEqual([owner, nameA, nameB]);
});

test("one that leaves and comes back by itself is unknown to who had added it", async () => {
  const { owner, node, sessionId, name } = await scene();
  await left(sessionId, name, node);
  const [, again] = await joined(sessionId, node, ANONYMOUS);
  expect(again).not.toBe(name);
  expect(await joined(sessionId, node, {}, owner)).toEqual([node, null]);
  await expectError(await remove(sessionId, node, owner), "MEMBER_UNKNOWN");
  expect((await infoOf(sessionId, owner)).members.map(({ node_id }) => node_id)).toEqual([owner, again]);
});

test("a name that is refused for one that is no member is refused for one that is, too", async () => {
  const { owner, sessionId, name } = await scene();
  const [self, stranger] = [newId("secret"), newId("stranger")];
  const [, own] = await joined(sessionId, self, ANONYMOUS);
  const seen = await Client.connect(newId("seen"));
  const add = (node: string, anonymousId: string) =>
    as(owner, "PUT", `/v1/sessions/${sessionId}/members/${node}`, { anonymous_id: anonymousId });
  for (const taken of [name, own!, owner, seen.nodeId]) {
    const messages = [];
    for (const node of [self, stranger]) messages.push(await expectError(await add(node, taken), "NAME_TAKEN"));
    expect(messages[0]).toBe(messages[1]);
  }
  // Nor by who bears the node_id itself, since before its node was seen.
  const late = newId("late");
  for (const node of [late, stranger]) await joined(sessionId, newId("mimic"), { anonymous_id: node });
  const [, lateName] = await joined(sessionId, late, ANONYMOUS);
  for (const node of [late, stranger]) {
    await expectError(await as(owner, "PUT", `/v1/sessions/${sessionId}/members/${node}`), "NAME_TAKEN");
  }
  // The node itself is answered its membership, whatever it asks for.
  expect(await joined(sessionId, self, { anonymous_id: owner })).toEqual([self, own]);
  expect(await joined(sessionId, late, { anonymous_id: owner })).toEqual([late, lateName]);
  await seen.close();
});
