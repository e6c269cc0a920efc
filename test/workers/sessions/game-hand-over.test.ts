/** Who becomes master when the one there was leaves, or stays away past its lease; and that the old one is fenced off. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env, expectError, newId } from "../http/edge.ts";
import { Client, type Message } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { query } from "../delivery/storage.ts";
import {
  answer,
  app,
  as,
  created,
  evictSessions,
  infoOf,
  joined,
  left,
  memberRow,
  say,
  stubOf,
  type Who,
} from "./calls.ts";

const GAME = { session_type: 1, anyone_can_join: true };

async function game(names: readonly string[] = ["a", "b", "c"]) {
  const nodes = names.map((name) => newId(name));
  const sessionId = await created(nodes[0]!, GAME);
  for (const nodeId of nodes.slice(1)) await joined(sessionId, nodeId);
  return { sessionId, nodes };
}

const connectAll = (nodes: readonly string[]) =>
  Promise.all(nodes.map((nodeId) => Client.connect(nodeId, { acks: true })));

const changes = (client: Client): Message[] => client.messages.filter(({ type }) => type === 110);

const masterOf = async (sessionId: string, by: string | Who) => {
  const { master_id, fencing_number } = await infoOf(sessionId, by);
  return [master_id, fencing_number];
};

const isOnline = (sessionId: string, nodeId: string) =>
  expect.poll(async () => (await memberRow(sessionId, nodeId))!.online).toBe(1);

/** The master is away; its lease has run out by now. */
async function leaseRunsOut(sessionId: string, nodeId: string): Promise<void> {
  await expect.poll(async () => (await memberRow(sessionId, nodeId))!.offline_since).not.toBeNull();
  const ms = LIMITS.presenceGraceMs + 1;
  await query(stubOf(sessionId), "UPDATE member SET offline_since = offline_since - ? WHERE node_id = ?", ms, nodeId);
  await evictSessions(sessionId);
  expect(await runDurableObjectAlarm(stubOf(sessionId))).toBe(true);
}

test("when the master leaves, the next in the order of joining takes over, and all are told", async () => {
  const { sessionId, nodes } = await game();
  const clients = await connectAll(nodes);
  for (const nodeId of nodes) await isOnline(sessionId, nodeId);
  await left(sessionId, nodes[0]!);
  const [, b, c] = clients;
  for (const client of [b!, c!]) await client.until(() => changes(client).length === 1, "110");
  for (const client of [b!, c!]) {
    expect(changes(client)).toMatchObject([
      { src_id: nodes[1], dest_session_id: sessionId, payload: { master_id: nodes[1], fencing_number: 2 } },
    ]);
    expect(changes(client)[0]!.session_seq).toBeTypeOf("number");
  }
  // Who has left comes before who takes over.
  for (const client of [b!, c!]) expect(client.messages.slice(-2).map(({ type }) => type)).toEqual([103, 110]);
  expect(changes(clients[0]!)).toEqual([]);
  expect(await masterOf(sessionId, nodes[2]!)).toEqual([nodes[1], 2]);
  b!.send(say("m1", sessionId));
  expect(await b!.settled("m1")).toEqual(["delivered"]);
  expect(c!.payloads).toContain("m1");
  // Who is not the master still does not speak to all.
  await left(sessionId, nodes[1]!);
  expect(await masterOf(sessionId, nodes[2]!)).toEqual([nodes[2], 3]);
  for (const client of clients) await client.close();
});

test("one who is away is passed over for one who is not", async () => {
  const { sessionId, nodes } = await game();
  const clients = await connectAll([nodes[0]!, nodes[2]!]);
  await isOnline(sessionId, nodes[0]!);
  await isOnline(sessionId, nodes[2]!);
  await left(sessionId, nodes[0]!);
  expect(await masterOf(sessionId, nodes[2]!)).toEqual([nodes[2], 2]);
  for (const client of clients) await client.close();
});

test("where nobody is there, the next one is master all the same, until somebody comes", async () => {
  const { sessionId, nodes } = await game();
  await left(sessionId, nodes[0]!);
  expect(await masterOf(sessionId, nodes[2]!)).toEqual([nodes[1], 2]);
  const c = await Client.connect(nodes[2]!, { acks: true });
  await expect.poll(() => masterOf(sessionId, nodes[2]!)).toEqual([nodes[2], 3]);
  await c.close();
});

test("a short absence costs the master nothing; the lease is 15 s", async () => {
  // The alarm may still be that of the first lease, which began with the game.
  const before = Date.now();
  const { sessionId, nodes } = await game();
  const [a, b] = await connectAll(nodes.slice(0, 2));
  for (const nodeId of nodes.slice(0, 2)) await isOnline(sessionId, nodeId);
  await a!.close();
  await expect.poll(async () => (await memberRow(sessionId, nodes[0]!))!.offline_since).not.toBeNull();
  const alarm = await runInDurableObject(stubOf(sessionId), (_object, { storage }) => storage.getAlarm());
  expect(alarm).toBeGreaterThanOrEqual(before + 15_000);
  expect(alarm).toBeLessThanOrEqual(Date.now() + 15_000);
  // Too early: the alarm changes nothing.
  await runDurableObjectAlarm(stubOf(sessionId));
  expect(await masterOf(sessionId, nodes[1]!)).toEqual([nodes[0], 1]);
  const again = await Client.connect(nodes[0]!, { acks: true });
  await expect.poll(async () => (await memberRow(sessionId, nodes[0]!))!.offline_since).toBeNull();
  await runDurableObjectAlarm(stubOf(sessionId));
  expect(await masterOf(sessionId, nodes[1]!)).toEqual([nodes[0], 1]);
  expect(changes(b!)).toEqual([]);
  for (const client of [b!, again]) await client.close();
});

test("what was said to a master that was away reaches the one that takes over", async () => {
  const { sessionId, nodes } = await game();
  const [a, b, c] = await connectAll(nodes);
  for (const nodeId of nodes) await isOnline(sessionId, nodeId);
  await a!.close();
  c!.send(say("move 1", sessionId), say("move 2", sessionId));
  expect(await c!.settled("move 1", "move 2")).toEqual(["stored", "stored"]);
  await leaseRunsOut(sessionId, nodes[0]!);
  await b!.until(() => b!.payloads.includes("move 2"), "the moves");
  const got = b!.messages.filter(({ type }) => type === 110 || type === 1);
  expect(got.map(({ type, payload }) => (type === 110 ? 110 : payload))).toEqual([110, "move 1", "move 2"]);
  expect(got[1]).toMatchObject({ src_id: nodes[2], id: "move 1", dest_session_id: sessionId });
  const seqs = got.map((message) => message["session_seq"] as number);
  expect(seqs).toEqual(seqs.toSorted((one, other) => one - other));
  // The old one gets them too, and then hears that it is the master no longer.
  const again = await Client.connect(nodes[0]!, { acks: true });
  await again.until(() => changes(again).length === 1, "110");
  expect(again.payloads.slice(0, 2)).toEqual(["move 1", "move 2"]);
  for (const client of [b!, c!, again]) await client.close();
});

test("past its lease the master is deposed, and refused until it has acked the 110", async () => {
  const { sessionId, nodes } = await game();
  const [a, b, c] = await connectAll(nodes);
  for (const nodeId of nodes) await isOnline(sessionId, nodeId);
  await a!.close();
  await leaseRunsOut(sessionId, nodes[0]!);
  await b!.until(() => changes(b!).length === 1, "110");
  await c!.until(() => changes(c!).length === 1, "110");
  expect(await masterOf(sessionId, nodes[1]!)).toEqual([nodes[1], 2]);

  const back = await Client.connect(nodes[0]!, { resume: a!.resume });
  await back.until(() => changes(back).length === 1, "110");
  back.send(say("x1", sessionId));
  await back.settled("x1");
  expect(back.errors).toMatchObject([{ code: "DEPOSED", temporary: false, id: "x1" }]);
  back.ack();
  await expect.poll(async () => (await memberRow(sessionId, nodes[0]!))!.deposed).toBe(0);
  // From now on it is a member like others; what it says as the master of then is refused.
  back.send(say("x2", sessionId, { fencing_number: 1 }), say("m1", sessionId, { fencing_number: 2 }));
  expect(await back.settled("x2", "m1")).toEqual([undefined, "delivered"]);
  expect(back.errors).toMatchObject([{ id: "x1" }, { code: "DEPOSED", id: "x2" }]);
  expect(b!.payloads).toContain("m1");
  expect(c!.payloads).not.toContain("m1");
  for (const client of [b!, c!]) expect(client.payloads).not.toContain("x1");
  for (const client of [back, b!, c!]) await client.close();
});

test("so it is when every object leaves memory between all of this", async () => {
  const { sessionId, nodes } = await game();
  const evict = async () => {
    await evictNodes(nodes);
    await evictSessions(sessionId);
  };
  const [a, b] = await connectAll(nodes.slice(0, 2));
  for (const nodeId of nodes.slice(0, 2)) await isOnline(sessionId, nodeId);
  await evict();
  await a!.close();
  await leaseRunsOut(sessionId, nodes[0]!);
  await evict();
  expect((await memberRow(sessionId, nodes[0]!))!.deposed).toBe(1);
  const back = await Client.connect(nodes[0]!, { resume: a!.resume });
  await back.until(() => changes(back).length === 1, "110");
  back.send(say("x1", sessionId));
  await back.settled("x1");
  expect(back.errors).toMatchObject([{ code: "DEPOSED" }]);
  back.ack();
  await expect.poll(async () => (await memberRow(sessionId, nodes[0]!))!.deposed).toBe(0);
  await evict();
  back.send(say("m1", sessionId));
  await b!.until(() => b!.payloads.includes("m1"), "m1");
  expect(await masterOf(sessionId, nodes[0]!)).toEqual([nodes[1], 2]);
  for (const client of [back, b!]) await client.close();
});

test("a deposed master that is slow to ack, but has the 110 in its inbox, is not shut out for good", async () => {
  const { sessionId, nodes } = await game(["a", "b"]);
  const a = await Client.connect(nodes[0]!);
  const b = await Client.connect(nodes[1]!, { acks: true });
  for (const nodeId of nodes) await isOnline(sessionId, nodeId);
  // As if its coming back had crossed the end of its lease: the session believes it to be away, yet it is there.
  const since = Date.now() - LIMITS.presenceGraceMs - 1;
  await query(stubOf(sessionId), "UPDATE member SET offline_since = ? WHERE node_id = ?", since, nodes[0]!);
  await evictSessions(sessionId);
  await stubOf(sessionId).presence(nodes[1]!, true);
  await runDurableObjectAlarm(stubOf(sessionId));
  await a.until(() => changes(a).length === 1, "110");
  a.send(say("x1", sessionId));
  await a.settled("x1");
  expect(a.errors).toMatchObject([{ code: "DEPOSED", id: "x1" }]);
  await b.until(() => changes(b).length === 1, "110");
  // The grace of 1 s runs out, and the ack comes after it.
  await expect
    .poll(async () => (await query<{ n: number }>(nodeStub(nodes[0]!), "SELECT count(*) AS n FROM inbox"))[0]!.n, {
      timeout: 5_000,
    })
    .toBeGreaterThan(0);
  a.ack();
  await expect
    .poll(async () => {
      const id = newId("try").slice(0, 20);
      a.send(say(id, sessionId));
      await a.settled(id);
      return a.statusOf(id);
    })
    .toBe("delivered");
  for (const client of [a, b]) await client.close();
});

test("one that only ever calls over HTTP is shut out until it has read its inbox", async () => {
  const { sessionId, nodes } = await game(["a", "b"]);
  const [a, b] = [nodes[0]!, await Client.connect(nodes[1]!, { acks: true })];
  await isOnline(sessionId, b.nodeId);
  await leaseRunsOut(sessionId, a);
  await b.until(() => changes(b).length === 1, "110");
  const speak = () => as(a, "POST", `/v1/sessions/${sessionId}/messages`, { payload: "from a" });
  await expectError(await speak(), "DEPOSED");
  await evictSessions(sessionId);
  await expectError(await speak(), "DEPOSED");
  const { messages } = await answer<{ messages: Message[] }>(as(a, "GET", `/v1/nodes/${a}/inbox`));
  expect(messages.map(({ type }) => type)).toContain(110);
  await answer(speak());
  expect(b.payloads).toContain("from a");
  await b.close();
});

test("the last member leaves a game behind that the next one to join is master of, though it is away", async () => {
  const { sessionId, nodes } = await game(["a"]);
  await left(sessionId, nodes[0]!);
  // The alarm of the first lease: there is nobody to elect, and nothing that changes.
  expect(await runDurableObjectAlarm(stubOf(sessionId))).toBe(true);
  expect(await masterOf(sessionId, app())).toEqual([null, 2]);
  const [b, c] = [newId("b"), newId("c")];
  await joined(sessionId, b);
  expect(await masterOf(sessionId, b)).toEqual([b, 3]);
  await joined(sessionId, c);
  expect(await masterOf(sessionId, c)).toEqual([b, 3]);
  await evictSessions(sessionId);
  expect(await masterOf(sessionId, c)).toEqual([b, 3]);
  const client = await Client.connect(b, { acks: true });
  await client.until(() => changes(client).length === 1, "110");
  expect(changes(client)).toMatchObject([{ src_id: b, payload: { master_id: b, fencing_number: 3 } }]);
  await client.close();
});

test("so is the first to join a game that was founded without members, for as long as a lease lasts", async () => {
  const sessionId = newId("session");
  const founder = app();
  await created(founder, { ...GAME, _session_info_: [sessionId, []] });
  expect(await masterOf(sessionId, founder)).toEqual([null, 1]);
  const [a, b] = [newId("a"), newId("b")];
  await joined(sessionId, a, { is_anonymous: true });
  const { me, master_id, fencing_number } = await infoOf(sessionId, a);
  expect([master_id, fencing_number]).toEqual([me!.anonymous_id, 2]);
  // One that comes within the lease gives what it says to the master that is away; past it, it takes over.
  const client = await Client.connect(b, { acks: true });
  await joined(sessionId, b);
  client.send(say("m1", sessionId));
  expect(await client.settled("m1")).toEqual(["stored"]);
  expect(await masterOf(sessionId, b)).toEqual([master_id, 2]);
  await leaseRunsOut(sessionId, a);
  expect(await masterOf(sessionId, b)).toEqual([b, 3]);
  await client.until(() => changes(client).length === 1, "110");
  await client.close();
});

test("one that is online when it joins a game without a master is its master; nobody is where another is pinned", async () => {
  const client = await Client.connect(newId("a"), { acks: true });
  const [open, pinned] = [newId("session"), newId("session")];
  const founder = app();
  await created(founder, { ...GAME, _session_info_: [open, []] });
  await created(founder, { ...GAME, session_game_master_node_id: newId("master"), _session_info_: [pinned, []] });
  for (const sessionId of [open, pinned]) await joined(sessionId, client.nodeId);
  expect(await masterOf(open, client.nodeId)).toEqual([client.nodeId, 2]);
  expect(await masterOf(pinned, client.nodeId)).toEqual([null, 1]);
  expect(await memberRow(open, client.nodeId)).toMatchObject({ online: 1, offline_since: null });
  await client.until(() => changes(client).length === 1, "110");
  expect(changes(client)).toMatchObject([{ dest_session_id: open, payload: { master_id: client.nodeId } }]);
  await client.close();
});

function nodeStub(nodeId: string) {
  return env.NODE.getByName(nodeId);
}
