/** Classic members: live as messages come, and what was missed in one list with everything else (DESIGN §3). */
import { expect, test, vi } from "vitest";
import { NodeObject } from "../../../src/durable/node.ts";
import { env, newId } from "../http/edge.ts";
import { Client, type Message } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { created, evictSessions, joined, logRows, memberRow, say } from "./calls.ts";

async function scene() {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  return { sessionId, b, sender: await Client.connect(a, { acks: true }) };
}

/** Everything in the inbox, oldest first, as a classic client reads it. */
async function fetched(client: Client): Promise<Message[]> {
  const { messages } = await client.config({ fetch_inbox_messages: true });
  return messages!.map((text) => JSON.parse(text) as Message).toReversed();
}

test("live, without seq and without a row", async () => {
  const { sessionId, b, sender } = await scene();
  const classic = await Client.connect(b, { mode: "classic" });
  sender.send(say("m1", sessionId), say("m2", sessionId));
  expect(await sender.settled("m1", "m2")).toEqual(["delivered", "delivered"]);
  await classic.received(2);
  expect(classic.payloads).toEqual(["m1", "m2"]);
  expect(classic.messages[0]).not.toHaveProperty("seq");
  expect(classic.messages[0]!.session_seq).toBeTypeOf("number");
  expect(await fetched(classic)).toEqual([]);
  expect(await logRows(sessionId)).toEqual([]);
  await Promise.all([sender.close(), classic.close()]);
});

test("two classic members talk; the sender hears nothing of what was stored", async () => {
  const { sessionId, b, sender } = await scene();
  const c = newId("c");
  await joined(sessionId, c);
  const [first, second] = await Promise.all([b, c].map((nodeId) => Client.connect(nodeId, { mode: "classic" })));
  first!.send(say("m1", sessionId));
  await second!.received(1);
  await second!.close();
  first!.send(say("m2", sessionId));
  await sender.until(() => sender.payloads.includes("m2"), "m2");
  first!.send({ type: 1, dest_session_id: newId("none"), id: "x" });
  await first!.until(() => first!.seen.some(({ type }) => type === -5), "-5");
  expect(first!.seen.map(({ type }) => type)).toEqual([-5]);
  await Promise.all([sender.close(), first!.close()]);
});

test("what was missed, of two sessions and of nobody's, is one list; what is new comes behind it, live", async () => {
  const { sessionId, b, sender } = await scene();
  const other = await created(sender.nodeId, { anyone_can_join: true });
  await joined(other, b);
  sender.send(say("s1", sessionId), say("o1", other), { id: "d1", dest_id: b, type: 1, payload: "d1" });
  sender.send(say("s2", sessionId));
  expect(await sender.settled("s1", "o1", "d1", "s2")).toEqual(Array(4).fill("stored"));
  const classic = await Client.connect(b, { mode: "classic" });
  const list = await fetched(classic);
  const of = (session: string | undefined) =>
    list.filter(({ dest_session_id }) => dest_session_id === session).map(({ payload }) => payload);
  expect(list).toHaveLength(4);
  expect(of(sessionId)).toEqual(["s1", "s2"]);
  expect(of(other)).toEqual(["o1"]);
  expect(of(undefined)).toEqual(["d1"]);
  const seqs = list.map(({ seq }) => seq!);
  expect(seqs).toEqual(seqs.toSorted((x, y) => x - y));
  // It lacks nothing now, so the sessions need their logs no longer and call it.
  await expect.poll(async () => (await env.NODE.getByName(b).describe()).sessions.unread).toBe(0);
  await expect.poll(() => logRows(sessionId)).toEqual([]);
  sender.send(say("s3", sessionId));
  expect(await sender.settled("s3")).toEqual(["delivered"]);
  await classic.received(1);
  expect(classic.payloads).toEqual(["s3"]);
  // Fetched twice, the list is the same.
  expect(await fetched(classic)).toEqual(list);
  await Promise.all([sender.close(), classic.close()]);
});

test("so it is when both objects were out of memory in between", async () => {
  const { sessionId, b, sender } = await scene();
  sender.send(say("s1", sessionId));
  await sender.settled("s1");
  await evictSessions(sessionId);
  await evictNodes([b]);
  sender.send(say("s2", sessionId));
  await sender.settled("s2");
  await evictNodes([b]);
  const classic = await Client.connect(b, { mode: "classic" });
  await evictNodes([b]);
  await evictSessions(sessionId);
  expect((await fetched(classic)).map(({ payload }) => payload)).toEqual(["s1", "s2"]);
  await Promise.all([sender.close(), classic.close()]);
});

test.each([
  ["breaks off", 4_999, ["m1"]],
  ["leaves", 1_000, []],
] as const)("a socket that %s soon after a message: the inbox has %#", async (_name, code, kept) => {
  const { sessionId, b, sender } = await scene();
  const classic = await Client.connect(b, { mode: "classic" });
  sender.send(say("m1", sessionId));
  await classic.received(1);
  await sender.settled("m1");
  await classic.close(code);
  sender.send(say("m2", sessionId));
  expect(await sender.settled("m2")).toEqual(["stored"]);
  const again = await Client.connect(b, { mode: "classic" });
  expect((await fetched(again)).map(({ payload }) => payload)).toEqual([...kept, "m2"]);
  await Promise.all([sender.close(), again.close()]);
});

test("one that joins where there is a history gets it, and then what is new", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true, history_messages: 5 });
  const sender = await Client.connect(a, { acks: true });
  sender.send(say("old", sessionId));
  await sender.settled("old");
  const classic = await Client.connect(b, { mode: "classic" });
  await joined(sessionId, b);
  await classic.until(() => classic.payloads.includes("old"), "the history");
  await isLive(classic, sender, sessionId);
  expect(classic.payloads).toEqual(["old", "new"]);
  expect(await fetched(classic)).toEqual([]);
  await Promise.all([sender.close(), classic.close()]);
});

/** It lacks nothing, and what is said reaches it at once. */
async function isLive(classic: Client, sender: Client, sessionId: string): Promise<void> {
  await expect.poll(async () => (await memberRow(sessionId, classic.nodeId))!.behind_from).toBeNull();
  sender.send(say("new", sessionId));
  await classic.until(() => classic.payloads.includes("new"), "what is new");
  expect(await sender.settled("new")).toEqual(["delivered"]);
}

test("its object could not be reached for a moment: what it missed comes on its socket, in order", async () => {
  const { sessionId, b, sender } = await scene();
  const classic = await Client.connect(b, { mode: "classic" });
  using deliver = vi.spyOn(NodeObject.prototype, "deliver").mockResolvedValueOnce({ statuses: "UNAVAILABLE" });
  sender.send(say("m1", sessionId), say("m2", sessionId));
  expect(await sender.settled("m1", "m2")).toEqual(["stored", "stored"]);
  expect(deliver).toHaveBeenCalled();
  await classic.received(2);
  await isLive(classic, sender, sessionId);
  expect(classic.payloads).toEqual(["m1", "m2", "new"]);
  expect(await fetched(classic)).toEqual([]);
  await Promise.all([sender.close(), classic.close()]);
});

test("a client that gave no sign of life for 8 Mi characters gets what it missed with its next frame", async () => {
  const { sessionId, b, sender } = await scene();
  const classic = await Client.connect(b, { mode: "classic" });
  const payload = "x".repeat(1_000_000);
  const ids = Array.from({ length: 9 }, (_, i) => `m${i}`);
  for (const id of ids) {
    sender.send(say(id, sessionId, { payload }));
    await sender.settled(id);
  }
  expect(sender.statusOf("m8")).toBe("stored");
  await classic.received(8);
  await evictNodes([b]);
  sender.send(say("m9", sessionId));
  await sender.settled("m9");
  expect(classic.messages).toHaveLength(8);
  classic.send({});
  await classic.received(10);
  await isLive(classic, sender, sessionId);
  expect(classic.messages.map(({ id }) => id)).toEqual([...ids, "m9", "new"]);
  await Promise.all([sender.close(), classic.close()]);
});

test("a wish for anonymity is heard in a payload that is JSON text, and refused where it cannot be read", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  const owner = await Client.connect(a, { acks: true });
  const classic = await Client.connect(b, { mode: "classic" });
  const ask = (id: string, payload: unknown) => classic.send({ id, type: 100, dest_session_id: sessionId, payload });
  ask("j1", "is_anonymous");
  await classic.until(() => classic.errors.some(({ code }) => code === "BAD_MESSAGE"), "BAD_MESSAGE");
  ask("j2", JSON.stringify({ is_anonymous: "True" }));
  await owner.received(1);
  expect(owner.messages[0]!.src_id).toMatch(/^anon-/);
  await Promise.all([owner.close(), classic.close()]);
});

test("an id that is a number comes back as text, in a -5 as in a -4", async () => {
  const classic = await Client.connect(newId("a"), { mode: "classic" });
  const offline = newId("offline");
  classic.sendRaw(JSON.stringify({ id: 16, dest_id: offline, type: 1 }));
  await classic.until(() => classic.seen.length === 1, "-4");
  classic.sendRaw(JSON.stringify({ id: 17, dest_session_id: newId("none"), type: 1 }));
  await classic.until(() => classic.seen.length === 2, "-5");
  expect(classic.seen).toMatchObject([
    { type: -4, id: "16", src_id: offline },
    { type: -5, id: "17", payload: { id: "17" } },
  ]);
  await classic.close();
});
