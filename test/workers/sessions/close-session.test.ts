/** Closing a session: every member is told, whether there or not, everything is deleted, and the id is free again. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import { NodeObject } from "../../../src/durable/node.ts";
import { env, expectError, newId } from "../http/edge.ts";
import { Client, type Message } from "../delivery/client.ts";
import { answer, app, as, closed, created, evictSessions, infoOf, joined, say, stubOf } from "./calls.ts";

afterEach(() => void vi.restoreAllMocks());

async function scene() {
  const owner = app();
  const [a, b, c] = [newId("a"), newId("b"), newId("c")];
  const sessionId = newId("session");
  await created(owner, { _session_info_: [sessionId, [[a], [b, "mask"], [c]]], session_type: 1, history_messages: 9 });
  return { owner, sessionId, a, b, c };
}

const notice = (sessionId: string, src_id: string) => ({
  src_id,
  timestamp: expect.any(Number),
  type: 103,
  dest_session_id: sessionId,
  payload: { reason: "closed" },
});

test("told to who is there, and kept for who is not", async () => {
  const { owner, sessionId, a, b, c } = await scene();
  const there = await Client.connect(a, { acks: true });
  const classic = await Client.connect(b, { mode: "classic" });
  there.send(say("m1", sessionId));
  await there.settled("m1");
  expect(await closed(sessionId, owner)).toEqual({ members: 3 });
  await there.until(() => there.messages.some(({ type }) => type === 103), "103");
  await classic.until(() => classic.messages.some(({ type }) => type === 103), "103");
  expect(there.messages.at(-1)).toEqual({ seq: expect.any(Number), ...notice(sessionId, a) });
  expect(classic.messages.at(-1)).toEqual(notice(sessionId, "mask"));
  const late = await Client.connect(c, { acks: true });
  await late.received(1);
  // What it lacked went with the session.
  expect(late.messages).toEqual([{ seq: expect.any(Number), ...notice(sessionId, c) }]);
  for (const nodeId of [a, b, c]) {
    expect((await env.NODE.getByName(nodeId).describe()).sessions).toEqual({ joined: 0, unread: 0 });
  }
  for (const client of [there, classic, late]) await client.close();
});

test("nothing is left of it in storage, and for its members it was never there", async () => {
  const { owner, sessionId, a } = await scene();
  const member = await Client.connect(a, { acks: true });
  await answer(as(a, "PUT", `/v1/sessions/${sessionId}/state`, { fencing_number: 1, state: { secret: true } }));
  await closed(sessionId, owner);
  const tables = await runInDurableObject(stubOf(sessionId), (_object, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
  );
  expect(tables).toEqual([]);
  expect(await runInDurableObject(stubOf(sessionId), (_object, { storage }) => storage.getAlarm())).toBeNull();
  await member.received(1);
  member.send(say("m2", sessionId));
  await member.until(() => member.seen.some(({ type }) => type === -5), "-5");
  await expectError(await as(a, "GET", `/v1/sessions/${sessionId}`), "SESSION_UNKNOWN");
  await expectError(await as(owner, "DELETE", `/v1/sessions/${sessionId}`), "SESSION_UNKNOWN");
  await evictSessions(sessionId);
  await expectError(await as(owner, "GET", `/v1/sessions/${sessionId}`), "SESSION_UNKNOWN");
  await member.close();
});

test("its id can be used again, by anyone who may choose one", async () => {
  const { owner, sessionId, a } = await scene();
  await closed(sessionId, owner);
  const next = app();
  await created(next, { _session_info_: [sessionId, [[a]]], anyone_can_join: true });
  const info = await infoOf(sessionId, a);
  expect(info).toMatchObject({ session_type: 0, history: null, last_session_seq: 0, member_count: 1 });
  const b = newId("b");
  await joined(sessionId, b);
  const members = await Promise.all([a, b].map((nodeId) => Client.connect(nodeId, { acks: true })));
  members[1]!.send(say("m1", sessionId));
  await members[0]!.until(() => members[0]!.payloads.includes("m1"), "m1");
  for (const client of members) await client.close();
});

test("one that was left half closed is closed by the alarm", async () => {
  const { sessionId, c } = await scene();
  // As a crash leaves it: noted, and two of three told.
  await runInDurableObject(stubOf(sessionId), async (_object, { storage }) => {
    storage.sql.exec("UPDATE session SET facts = json_set(facts, '$.closedAt', ?)", Date.now());
    storage.sql.exec("DELETE FROM member WHERE node_id != ?", c);
    await storage.setAlarm(Date.now() + 60_000);
  });
  await evictSessions(sessionId);
  await expectError(await as(c, "GET", `/v1/sessions/${sessionId}`), "SESSION_UNKNOWN");
  expect(await runDurableObjectAlarm(stubOf(sessionId))).toBe(true);
  const inbox = await answer<{ messages: Message[] }>(as(c, "GET", `/v1/nodes/${c}/inbox`));
  expect(inbox.messages).toEqual([{ seq: expect.any(Number), ...notice(sessionId, c) }]);
  await created(app(), { session_id: sessionId });
});

test("members of a session whose founding failed hear of its end as little as of itself, even from the alarm", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const [founder, sessionId, a, b] = [app(), newId("session"), newId("a"), newId("b")];
  vi.spyOn(NodeObject.prototype, "sessionLeft").mockRejectedValue(new Error("out of reach"));
  // oxlint-disable-next-line typescript/unbound-method -- called with the object that it was called on
  const { sessionJoined } = NodeObject.prototype;
  vi.spyOn(NodeObject.prototype, "sessionJoined").mockImplementation(async function (this: NodeObject, ...joining) {
    const { node_id } = await this.describe();
    return node_id === b ? { ok: false, code: "TOO_MANY_SESSIONS" } : sessionJoined.apply(this, joining);
  });
  const found = () => as(founder, "POST", "/v1/sessions", { _session_info_: [sessionId, [[a], [b]]] });
  await expectError(await found(), "TOO_MANY_SESSIONS");
  vi.restoreAllMocks();
  await evictSessions(sessionId);
  expect(await sessionsOf(a)).toBe(1);
  expect(await runDurableObjectAlarm(stubOf(sessionId))).toBe(true);
  expect(await sessionsOf(a)).toBe(0);
  expect(await answer(as(a, "GET", `/v1/nodes/${a}/inbox`))).toMatchObject({ messages: [] });
  await answer(found(), 201);
});

const sessionsOf = async (nodeId: string) => (await env.NODE.getByName(nodeId).describe()).sessions.joined;
