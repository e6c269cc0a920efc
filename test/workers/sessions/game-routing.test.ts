/** Games: members speak to the master alone, the master to all or to one of them (PROTOCOL §6). */
import { expect, test } from "vitest";
import { expectError, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { app, as, created, infoOf, joined, left, say } from "./calls.ts";

const GAME = { session_type: 1, anyone_can_join: true };

const said = (client: Client) => client.messages.filter(({ type }) => type === 1).map(({ id }) => id);

/** A game of three who are online, the first its master. */
async function game(options: object = {}) {
  const nodes = [newId("a"), newId("b"), newId("c")];
  const sessionId = await created(nodes[0]!, { ...GAME, ...options });
  for (const nodeId of nodes.slice(1)) await joined(sessionId, nodeId);
  const [a, b, c] = await Promise.all(nodes.map((nodeId) => Client.connect(nodeId, { acks: true })));
  return { sessionId, a: a!, b: b!, c: c! };
}

const refused = (client: Client, id: string) =>
  client.until(() => client.seen.some((message) => message.type === -5 && message.id === id), `-5 for ${id}`);

test("a member's words go to the master, the master's to all, or to whom it names", async () => {
  const { sessionId, a, b, c } = await game();
  b.send(
    say("b1", sessionId),
    say("b2", sessionId, { dest_id: a.nodeId }),
    say("b3", sessionId, { dest_id: c.nodeId }),
  );
  expect(await b.settled("b1", "b2")).toEqual(["delivered", "delivered"]);
  await refused(b, "b3");
  a.send(say("a1", sessionId), say("a2", sessionId, { dest_id: c.nodeId }));
  expect(await a.settled("a1", "a2")).toEqual(["delivered", "delivered"]);
  expect(said(a)).toEqual(["b1", "b2"]);
  expect(said(b)).toEqual(["a1"]);
  expect(said(c)).toEqual(["a1", "a2"]);
  expect(await infoOf(sessionId, b.nodeId)).toMatchObject({ master_id: a.nodeId, fencing_number: 1 });
  for (const client of [a, b, c]) await client.close();
});

test("an app node that is no member speaks to all", async () => {
  const { sessionId, a, b, c } = await game();
  const socket = await Client.connect(newId("app"), { app: true });
  socket.send(say("m1", sessionId), say("p1", sessionId, { dest_id: b.nodeId }));
  expect(await socket.settled("m1", "p1")).toEqual(["delivered", "delivered"]);
  expect([a, b, c].map(said)).toEqual([["m1"], ["m1", "p1"], ["m1"]]);
  for (const client of [a, b, c, socket]) await client.close();
});

test("a pinned master is the master whether it is there or not, and stays it", async () => {
  const master = newId("master");
  const { sessionId, a, b, c } = await game({ session_game_master_node_id: master });
  b.send(say("early", sessionId));
  await b.settled("early");
  expect(b.errors).toMatchObject([{ code: "NO_MASTER", temporary: true, id: "early" }]);
  await joined(sessionId, master);
  a.send(say("a1", sessionId));
  expect(await a.settled("a1")).toEqual(["stored"]);
  const pinned = await Client.connect(master, { acks: true });
  await pinned.until(() => said(pinned).includes("a1"), "a1");
  pinned.send(say("m1", sessionId));
  expect(await pinned.settled("m1")).toEqual(["delivered"]);
  expect([a, b, c].map(said)).toEqual([["m1"], ["m1"], ["m1"]]);
  await left(sessionId, master);
  c.send(say("late", sessionId));
  await c.settled("late");
  expect(c.errors).toMatchObject([{ code: "NO_MASTER" }]);
  expect(await infoOf(sessionId, b.nodeId)).toMatchObject({ master_id: null, fencing_number: 1 });
  expect(a.messages.some(({ type }) => type === 110)).toBe(false);
  for (const client of [a, b, c, pinned]) await client.close();
});

test("an anonymous master is known by its anonymous name alone", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { ...GAME, is_anonymous: true });
  await joined(sessionId, b);
  const info = await infoOf(sessionId, b);
  expect(info.master_id).toMatch(/^anon-/);
  expect(JSON.stringify(info)).not.toContain(a);
  const [master, member] = await Promise.all([a, b].map((nodeId) => Client.connect(nodeId, { acks: true })));
  member!.send(say("p1", sessionId, { dest_id: info.master_id! }));
  expect(await member!.settled("p1")).toEqual(["delivered"]);
  expect(said(master!)).toEqual(["p1"]);
  for (const client of [master!, member!]) await client.close();
});

test("over HTTP the same is refused by the same names", async () => {
  const { sessionId, a, b, c } = await game();
  const post = (by: string, body: object) => as(by, "POST", `/v1/sessions/${sessionId}/messages`, body);
  await expectError(await post(b.nodeId, { payload: {}, dest_id: c.nodeId }), "SESSION_UNAUTHORIZED");
  await expectError(await post(b.nodeId, { payload: { fencing_number: 7 } }), "DEPOSED");
  expect((await post(app().nodeId, { payload: {} })).status).toBe(403);
  for (const client of [a, b, c]) await client.close();
});
