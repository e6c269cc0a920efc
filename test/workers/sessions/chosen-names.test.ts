/** A name that somebody chooses for an anonymous member may not be that of a node that was ever seen. */
import { afterEach, expect, test, vi } from "vitest";
import { NodeObject } from "../../../src/durable/node.ts";
import { env, expectError, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { query } from "../delivery/storage.ts";
import { answer, app, as, closed, created, infoOf, joined, left } from "./calls.ts";

afterEach(() => void vi.restoreAllMocks());

/** Everything that makes a node one that was seen. */
const WAYS: [string, (nodeId: string) => Promise<unknown>][] = [
  ["has connected once", async (nodeId) => (await Client.connect(nodeId)).close()],
  ["has pushed over HTTP", (nodeId) => answer(as({ nodeId, app: true }, "POST", "/v1/messages", PUSH))],
  ["is an app node and has called", (nodeId) => as({ nodeId, app: true }, "GET", "/v1/sessions/none")],
  ["has founded a session over HTTP", (nodeId) => created(nodeId)],
  ["has joined a session over HTTP", async (nodeId) => joined((await openSession()).sessionId, nodeId)],
  ["was set by an app node", (nodeId) => answer(as(app(), "PUT", `/v1/nodes/${nodeId}`, { addr: "somewhere" }))],
];
const PUSH = { to_nodes: [newId("to")], payload: 1 };
const seen = (nodeId: string) => WAYS.at(-1)![1](nodeId);

const join = (sessionId: string, nodeId: string, fields: object) =>
  as(nodeId, "PUT", `/v1/sessions/${sessionId}/members/${nodeId}`, fields);

async function openSession() {
  const owner = newId("owner");
  return { owner, sessionId: await created(owner, { anyone_can_join: true }) };
}

test.each(WAYS)("that of one that %s is refused, and says why", async (_way, beSeen) => {
  const { owner, sessionId } = await openSession();
  const [node, mimic] = [newId("node"), newId("mimic")];
  await beSeen(node);
  await evictNodes([node]);
  const message = await expectError(await join(sessionId, mimic, { anonymous_id: node }), "NAME_TAKEN");
  expect(message).toContain("a node that has been seen");
  // Nor may the owner, or an app node, give it to somebody.
  for (const by of [owner, app()]) {
    const path = `/v1/sessions/${sessionId}/members/${mimic}`;
    await expectError(await as(by, "PUT", path, { anonymous_id: node }), "NAME_TAKEN");
  }
  expect((await infoOf(sessionId, owner)).member_count).toBe(1);
  // The one whose name it is has not lost it.
  expect(await joined(sessionId, node)).toEqual([node, null]);
});

test("so it is over the socket", async () => {
  const { owner, sessionId } = await openSession();
  const node = newId("node");
  await seen(node);
  const mimic = await Client.connect(newId("mimic"));
  mimic.send({ id: "j", type: 100, dest_session_id: sessionId, payload: { anonymous_id: node } });
  await mimic.settled("j");
  expect(mimic.errors).toMatchObject([{ code: "NAME_TAKEN", id: "j" }]);
  expect((await infoOf(sessionId, owner)).member_count).toBe(1);
  await mimic.close();
});

test("so it is among the members that a session is founded with; then there is none", async () => {
  const [node, a, b] = [newId("node"), newId("a"), newId("b")];
  await seen(node);
  const [sessionId, founder] = [newId("session"), app()];
  const found = (anonymousId: string) =>
    as(founder, "POST", "/v1/sessions", { _session_info_: [sessionId, [[a], [b, anonymousId]]] });
  expect(await expectError(await found(node), "NAME_TAKEN")).toContain("a node that has been seen");
  await expectError(await as(founder, "GET", `/v1/sessions/${sessionId}`), "SESSION_UNKNOWN");
  await answer(found("mask"), 201);
  // Creating it again changes nothing, whatever the name.
  await answer(found(node));
  expect((await infoOf(sessionId, founder)).members.map(({ node_id }) => node_id)).toEqual([a, "mask"]);
});

test("a name that no node has is free, and asking for it makes no node of it", async () => {
  const { sessionId } = await openSession();
  const [node, name] = [newId("node"), newId("name")];
  expect(await joined(sessionId, node, { anonymous_id: name })).toEqual([node, name]);
  const stub = env.NODE.getByName(name);
  expect(await query(stub, "SELECT * FROM node")).toEqual([]);
  expect((await stub.describe()).registered).toBe(false);
});

test("nobody bears the id of the owner, though it has never connected and has left", async () => {
  const { owner, sessionId } = await openSession();
  await left(sessionId, owner);
  await expectError(await join(sessionId, newId("mimic"), { anonymous_id: owner }), "NAME_TAKEN");
});

test("a node is not seen by what others do with it: being added, and getting what is said there", async () => {
  const { owner, sessionId } = await openSession();
  const [byOwner, byApp, founded] = [newId("node"), newId("node"), newId("node")];
  await joined(sessionId, byOwner, {}, owner);
  await joined(sessionId, byApp, { is_anonymous: true }, app());
  await created(app(), { _session_info_: [newId("session"), [[founded]]] });
  await answer(as(owner, "POST", `/v1/sessions/${sessionId}/messages`, { payload: "said" }));
  const registered = async (nodeId: string) => (await env.NODE.getByName(nodeId).describe()).registered;
  for (const nodeId of [byOwner, byApp, founded]) expect(await registered(nodeId)).toBe(false);
  // It is once it joins by itself what it is in already.
  await joined(sessionId, byOwner);
  expect(await registered(byOwner)).toBe(true);
});

test("a node that is seen later finds its name taken where another bears it, and nowhere else", async () => {
  const { owner, sessionId } = await openSession();
  const [node, early] = [newId("node"), newId("early")];
  await joined(sessionId, early, { anonymous_id: node });
  const client = await Client.connect(node);
  await expectError(await join(sessionId, node, {}), "NAME_TAKEN");
  client.send({ id: "j", type: 100, dest_session_id: sessionId });
  await client.settled("j");
  expect(client.errors).toMatchObject([{ code: "NAME_TAKEN", id: "j" }]);
  // Under another name it may come in.
  const [, name] = await joined(sessionId, node, { is_anonymous: true });
  expect((await infoOf(sessionId, owner)).members.slice(1)).toMatchObject([
    { node_id: node, anonymous: true },
    { node_id: name, anonymous: true },
  ]);
  const elsewhere = await openSession();
  expect(await joined(elsewhere.sessionId, node)).toEqual([node, null]);
  await client.close();
});

/** Questions to nodes' objects wait until `open` is called. */
function holdQuestions(): { asked: () => number; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  // oxlint-disable-next-line typescript/unbound-method -- called with the object that it was called on
  const { describe } = NodeObject.prototype;
  const spy = vi.spyOn(NodeObject.prototype, "describe").mockImplementation(async function (this: NodeObject) {
    await promise;
    return describe.call(this);
  });
  return { asked: () => spy.mock.calls.length, open: resolve };
}

test("a session that is closed while a name is asked for takes nobody in", async () => {
  const { owner, sessionId } = await openSession();
  const gate = holdQuestions();
  const joining = join(sessionId, newId("node"), { anonymous_id: newId("name") });
  await expect.poll(gate.asked).toBe(1);
  await closed(sessionId, owner);
  gate.open();
  await expectError(await joining, "SESSION_UNKNOWN");
});

test("of two that found a session at once, one does, though its names are asked for", async () => {
  const [sessionId, first, second] = [newId("session"), app(), app()];
  const gate = holdQuestions();
  const slow = as(first, "POST", "/v1/sessions", { _session_info_: [sessionId, [[newId("a"), newId("name")]]] });
  await expect.poll(gate.asked).toBe(1);
  await created(second, { session_id: sessionId });
  gate.open();
  await expectError(await slow, "SESSION_EXISTS");
  expect((await infoOf(sessionId, second)).member_count).toBe(1);
});

test("where it cannot be found out, nobody gets the name", async () => {
  const { owner, sessionId } = await openSession();
  vi.spyOn(console, "error").mockReturnValue();
  vi.spyOn(NodeObject.prototype, "describe").mockRejectedValue(new Error("out of reach"));
  await expectError(await join(sessionId, newId("node"), { anonymous_id: newId("name") }), "UNAVAILABLE");
  expect((await infoOf(sessionId, owner)).member_count).toBe(1);
});
