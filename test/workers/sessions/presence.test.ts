/** Presence (opt-in): 105 and 106, with 15 s of grace for those who come back; the list in the info. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NodeObject } from "../../../src/durable/node.ts";
import { env, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { query } from "../delivery/storage.ts";
import { created, evictSessions, infoOf, joined, logRows, memberRow, say, stubOf } from "./calls.ts";

// Objects run in the isolate of the tests, so this is their clock, too.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const GRACE_MS = 15_000;

/** A session with presence of an owner, who is online, and others, who are not. */
async function scene(others: number, options: object = {}) {
  const ownerId = newId("owner");
  const sessionId = await created(ownerId, { presence: true, anyone_can_join: true, ...options });
  const nodes = Array.from({ length: others }, () => newId());
  for (const nodeId of nodes) await joined(sessionId, nodeId);
  const owner = await Client.connect(ownerId, { acks: true });
  await online(sessionId, ownerId, true);
  return { sessionId, owner, nodes };
}

const online = (sessionId: string, nodeId: string, is: boolean) =>
  expect.poll(async () => (await memberRow(sessionId, nodeId))!.online).toBe(is ? 1 : 0);

const leaving = (sessionId: string, nodeId: string) =>
  expect.poll(async () => (await memberRow(sessionId, nodeId))!.offline_since).not.toBeNull();

const comings = (client: Client) =>
  client.messages.filter(({ type }) => type === 105 || type === 106).map(({ type, src_id }) => `${type} ${src_id}`);

const onlineOf = async (sessionId: string, by: string) => {
  const { members, online_count } = await infoOf(sessionId, by);
  return { count: online_count, who: members.flatMap(({ node_id, online: is }) => (is ? [node_id] : [])) };
};

test("105 when one comes, 106 when it has been gone for 15 s", async () => {
  const { sessionId, owner, nodes } = await scene(2);
  const [b, c] = nodes;
  const member = await Client.connect(b!, { acks: true });
  await owner.until(() => comings(owner).length === 1, "105");
  expect(await onlineOf(sessionId, b!)).toEqual({ count: 2, who: [owner.nodeId, b] });
  await member.close();
  await leaving(sessionId, b!);
  const at = (await memberRow(sessionId, b!))!.offline_since!;
  expect(await runInDurableObject(stubOf(sessionId), (_object, { storage }) => storage.getAlarm())).toBe(at + GRACE_MS);
  vi.setSystemTime(at + GRACE_MS - 1);
  await runDurableObjectAlarm(stubOf(sessionId));
  expect(await onlineOf(sessionId, owner.nodeId)).toEqual({ count: 2, who: [owner.nodeId, b] });
  vi.setSystemTime(at + GRACE_MS);
  await runDurableObjectAlarm(stubOf(sessionId));
  await owner.until(() => comings(owner).length === 2, "106");
  expect(comings(owner)).toEqual([`105 ${b}`, `106 ${b}`]);
  expect(await onlineOf(sessionId, owner.nodeId)).toEqual({ count: 1, who: [owner.nodeId] });
  // Such notices are never kept, and nobody is told of itself.
  const late = await Client.connect(c!, { acks: true });
  await owner.until(() => comings(owner).length === 3, "105");
  expect(comings(late)).toEqual([]);
  const notice = owner.messages.find(({ type }) => type === 105)!;
  expect(notice).toEqual({ src_id: b, timestamp: expect.any(Number), type: 105, dest_session_id: sessionId });
  for (const client of [owner, late]) await client.close();
});

test("one that comes back within the grace was never away, whatever left memory meanwhile", async () => {
  const { sessionId, owner, nodes } = await scene(1);
  const [b] = nodes;
  const member = await Client.connect(b!, { acks: true });
  await online(sessionId, b!, true);
  await member.close();
  await leaving(sessionId, b!);
  await evictNodes([b!, owner.nodeId]);
  await evictSessions(sessionId);
  const again = await Client.connect(b!, { acks: true });
  await expect.poll(async () => (await memberRow(sessionId, b!))!.offline_since).toBeNull();
  vi.setSystemTime(Date.now() + 2 * GRACE_MS);
  await runDurableObjectAlarm(stubOf(sessionId));
  again.send(say("m1", sessionId));
  await owner.until(() => owner.payloads.includes("m1"), "m1");
  expect(comings(owner)).toEqual([`105 ${b}`]);
  for (const client of [owner, again]) await client.close();
});

test("a second connection, and the end of one of two, are no news", async () => {
  const { sessionId, owner, nodes } = await scene(1);
  const [b] = nodes;
  const pair = [await Client.connect(b!, { acks: true }), await Client.connect(b!, { acks: true })];
  await online(sessionId, b!, true);
  await pair[0]!.close();
  pair[1]!.send(say("m1", sessionId));
  await owner.until(() => owner.payloads.includes("m1"), "m1");
  expect(comings(owner)).toEqual([`105 ${b}`]);
  expect((await memberRow(sessionId, b!))!.offline_since).toBeNull();
  for (const client of [owner, pair[1]!]) await client.close();
});

test("one that joins while it is online is shown so; one that leaves is gone", async () => {
  const { sessionId, owner } = await scene(0);
  const guest = await Client.connect(newId("guest"), { acks: true });
  await joined(sessionId, guest.nodeId);
  expect(await onlineOf(sessionId, guest.nodeId)).toEqual({ count: 2, who: [owner.nodeId, guest.nodeId] });
  guest.send({ id: "l", type: 103, dest_session_id: sessionId });
  await guest.settled("l");
  await guest.close();
  expect(await onlineOf(sessionId, owner.nodeId)).toEqual({ count: 1, who: [owner.nodeId] });
  await owner.until(() => owner.messages.some(({ type }) => type === 103), "103");
  expect(comings(owner)).toEqual([`105 ${guest.nodeId}`]);
  // First that it is a member, and then what it does.
  expect(owner.messages.map(({ type }) => type)).toEqual([100, 105, 103]);
  await owner.close();
});

test("one that comes online while it is being made a member is announced first, and shown as it is", async () => {
  const { sessionId, owner } = await scene(0);
  const guest = newId("guest");
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  // oxlint-disable-next-line typescript/unbound-method -- called with the object that it was called on
  const { sessionJoined } = NodeObject.prototype;
  vi.spyOn(NodeObject.prototype, "sessionJoined").mockImplementation(async function (this: NodeObject, ...joining) {
    const answer = await sessionJoined.apply(this, joining);
    await held;
    return answer;
  });
  const joining = joined(sessionId, guest);
  await expect.poll(async () => (await env.NODE.getByName(guest).describe()).sessions.joined).toBe(1);
  const client = await Client.connect(guest, { acks: true });
  await expect
    .poll(async () => query(env.NODE.getByName(guest), "SELECT told_online FROM node_session"))
    .toEqual([{ told_online: 1 }]);
  letGo();
  await joining;
  await owner.until(() => comings(owner).length > 0, "105");
  expect(owner.messages.map(({ type, src_id }) => [type, src_id])).toEqual([
    [100, guest],
    [105, guest],
  ]);
  expect(await memberRow(sessionId, guest)).toMatchObject({ online: 1, offline_since: null });
  for (const one of [owner, client]) await one.close();
});

test("an object that lost its sockets without a word tells its sessions when it starts again", async () => {
  const { sessionId, owner, nodes } = await scene(1);
  const [b] = nodes;
  await Client.connect(b!, { acks: true });
  await online(sessionId, b!, true);
  await evictNodes([b!], { webSockets: "close" });
  expect((await memberRow(sessionId, b!))!.offline_since).toBeNull();
  // Anything that wakes it will do.
  owner.send({ id: "d1", dest_id: b, type: 1 });
  await owner.settled("d1");
  await leaving(sessionId, b!);
  await owner.close();
});

test("where nothing wakes it, whoever reads the info finds out", async () => {
  const { sessionId, owner, nodes } = await scene(1);
  const [b] = nodes;
  await Client.connect(b!, { acks: true });
  await online(sessionId, b!, true);
  await evictNodes([b!], { webSockets: "close" });
  vi.setSystemTime(Date.now() + 60_000);
  await infoOf(sessionId, owner.nodeId);
  await leaving(sessionId, b!);
  vi.setSystemTime(Date.now() + GRACE_MS);
  await runDurableObjectAlarm(stubOf(sessionId));
  expect(await onlineOf(sessionId, owner.nodeId)).toEqual({ count: 1, who: [owner.nodeId] });
  await owner.until(() => comings(owner).length === 2, "106");
  await owner.close();
});

test("while nothing happens everyone sleeps", async () => {
  const { sessionId, owner, nodes } = await scene(3);
  const members = await Promise.all(nodes.map((nodeId) => Client.connect(nodeId, { acks: true })));
  for (const nodeId of nodes) await online(sessionId, nodeId, true);
  owner.send(say("m1", sessionId));
  expect(await owner.settled("m1")).toEqual(["delivered"]);
  await expect.poll(() => logRows(sessionId)).toEqual([]);
  // What was in the log may have left an alarm for the day on which it would have run out.
  const alarm = await runInDurableObject(stubOf(sessionId), (_object, { storage }) => storage.getAlarm());
  expect(alarm ?? Infinity).toBeGreaterThan(Date.now() + 29 * 24 * 3_600_000);
  const stubs = [stubOf(sessionId), ...[owner.nodeId, ...nodes].map((nodeId) => env.NODE.getByName(nodeId))];
  for (const stub of stubs) await evictDurableObject(stub);
  vi.setSystemTime(Date.now() + 3_600_000);
  // Something else goes on meanwhile.
  await created(newId("elsewhere"), { presence: true });
  for (const stub of stubs) await expect(evictDurableObject(stub)).rejects.toThrow("not currently running");
  for (const client of [owner, ...members]) await client.close();
});

test("a session that did not ask for it has none", async () => {
  const { sessionId, owner, nodes } = await scene(1);
  const plain = await created(owner.nodeId, { anyone_can_join: true });
  await joined(plain, nodes[0]!);
  const member = await Client.connect(nodes[0]!, { acks: true });
  await owner.until(() => comings(owner).length === 1, "105");
  expect(owner.messages.filter(({ type }) => type === 105).map(({ dest_session_id }) => dest_session_id)).toEqual([
    sessionId,
  ]);
  const info = await infoOf(plain, owner.nodeId);
  expect(info.online_count).toBeNull();
  expect(info.members[0]).not.toHaveProperty("online");
  expect((await memberRow(plain, nodes[0]!))!.online).toBe(0);
  for (const client of [owner, member]) await client.close();
});
