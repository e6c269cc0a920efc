/** The limits of sessions, reached and passed: 10,000 members, 1,000 sessions of one node, 500 of them by others. */
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { env, expectError, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { answer, app, as, closed, created, evictSessions, infoOf, joined, left, say, stubOf } from "./calls.ts";

/** So many sessions that the node is in, by its own wish or another's, made up in storage. */
async function fillSessions(node: string, count: number, byAnother: boolean): Promise<void> {
  const stub = env.NODE.getByName(node);
  // The object has to be there before its storage can be filled.
  await stub.isOnline();
  await runInDurableObject(stub, (_object, { storage }) => {
    for (let i = 0; i < count; i++) {
      storage.sql.exec(
        "INSERT INTO node_session (session_id, by_another) VALUES (?, ?)",
        `filler-${i}`,
        byAnother ? 1 : 0,
      );
    }
  });
  await evictNodes([node]);
}

test("a node is in 1,000 sessions and in no more", { timeout: 60_000 }, async () => {
  const [node, owner] = [newId("node"), newId("owner")];
  const sessionId = await created(owner, { anyone_can_join: true });
  await fillSessions(node, 999, false);
  await joined(sessionId, node);
  expect((await env.NODE.getByName(node).describe()).sessions.joined).toBe(1_000);

  const other = await created(owner, { anyone_can_join: true });
  await expectError(await as(node, "PUT", `/v1/sessions/${other}/members/${node}`), "TOO_MANY_SESSIONS");
  expect((await infoOf(other, owner)).member_count).toBe(1);
  await expectError(await as(node, "POST", "/v1/sessions"), "TOO_MANY_SESSIONS");
  const founded = newId("session");
  const response = await as(app(), "POST", "/v1/sessions", { _session_info_: [founded, [[owner], [node]]] });
  await expectError(response, "TOO_MANY_SESSIONS");
  await expectError(await as(app(), "GET", `/v1/sessions/${founded}`), "SESSION_UNKNOWN");
  // Joining what it is in already is no new session, and leaving one makes room.
  await joined(sessionId, node);
  await left(sessionId, node);
  await joined(other, node);
  expect((await env.NODE.getByName(node).describe()).sessions.joined).toBe(1_000);
});

test("others make a node a member of 500 sessions, and the app and the node itself of others still", async () => {
  const [node, owner] = [newId("node"), newId("owner")];
  await fillSessions(node, 499, true);
  const [first, second] = [await created(owner), await created(owner)];
  expect(await joined(first, node, {}, owner)).toEqual([node, null]);
  await evictNodes([node]);
  const add = () => as(owner, "PUT", `/v1/sessions/${second}/members/${node}`);
  await expectError(await add(), "TOO_MANY_SESSIONS");
  expect((await infoOf(second, owner)).member_count).toBe(1);
  // It is no more for being added to what it is in.
  await joined(first, node, {}, owner);

  await created(node);
  const open = await created(owner, { anyone_can_join: true });
  await joined(open, node);
  await created(app(), { _session_info_: [newId("session"), [[node]]] });
  await joined(await created(owner), node, {}, app());
  expect((await env.NODE.getByName(node).describe()).sessions.joined).toBe(504);
  await expectError(await add(), "TOO_MANY_SESSIONS");
  // What it joins by itself, too, is its own from then on, and what it leaves makes room.
  await joined(first, node);
  await answer(add());
  await expectError(
    await as(owner, "PUT", `/v1/sessions/${await created(owner)}/members/${node}`),
    "TOO_MANY_SESSIONS",
  );
  await left(second, node);
  await answer(add());
});

/** A session with so many members, all but the owner and one other made up in storage. */
async function crowd(count: number): Promise<{ sessionId: string; owner: string; other: string }> {
  const [owner, other] = [newId("owner"), newId("other")];
  const sessionId = await created(owner, { anyone_can_join: true });
  await joined(sessionId, other);
  await runInDurableObject(stubOf(sessionId), (_object, { storage }) => {
    for (let i = 0; i < count - 2; i++) {
      const [nodeId, position] = [`filler-${sessionId}-${i}`, i + 10];
      storage.sql.exec(
        "INSERT INTO member (node_id, position, joined_at, behind_from) VALUES (?, ?, 1, 1)",
        nodeId,
        position,
      );
    }
  });
  await evictSessions(sessionId);
  return { sessionId, owner, other };
}

test("a session has 10,000 members and no more", { timeout: 60_000 }, async () => {
  const { sessionId, owner, other } = await crowd(9_999);
  const last = newId("last");
  await joined(sessionId, last);
  expect((await infoOf(sessionId, owner)).member_count).toBe(10_000);
  const late = newId("late");
  await expectError(await as(late, "PUT", `/v1/sessions/${sessionId}/members/${late}`), "SESSION_FULL");
  expect(await joined(sessionId, last)).toEqual([last, null]);

  // They can talk, and who is away costs nothing but the one row.
  const members = await Promise.all([owner, other].map((nodeId) => Client.connect(nodeId, { acks: true })));
  const { calls } = (await infoOf(sessionId, app())).log!;
  members[0]!.send(say("m1", sessionId), say("m2", sessionId));
  expect(await members[0]!.settled("m1", "m2")).toEqual(["stored", "stored"]);
  await members[1]!.until(() => members[1]!.payloads.includes("m2"), "m2");
  const info = await infoOf(sessionId, app());
  expect(info.log!.calls - calls).toBeLessThanOrEqual(2);

  await left(sessionId, last);
  expect(await joined(sessionId, late)).toEqual([late, null]);
  await expectError(await as(last, "PUT", `/v1/sessions/${sessionId}/members/${last}`), "SESSION_FULL");
  for (const client of members) await client.close();
});

test("so many members are founded at once, and one more is refused", { timeout: 60_000 }, async () => {
  const founder = app();
  const nodes = (count: number) => Array.from({ length: count }, (_, i) => [`f${i}`]);
  const response = await as(founder, "POST", "/v1/sessions", { _session_info_: [newId("session"), nodes(10_001)] });
  expect(await expectError(response, "BAD_REQUEST")).toContain("at most 10000 members");
  // A tenth of it here: each is an object of its own.
  const sessionId = await created(founder, { _session_info_: [newId("session"), nodes(1_000)] });
  expect((await infoOf(sessionId, founder)).member_count).toBe(1_000);
  expect(await closed(sessionId, founder)).toEqual({ members: 1_000 });
});
