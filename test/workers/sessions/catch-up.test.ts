/** A member that was away gets what it missed, in order, with what goes on meanwhile behind it. */
import { expect, test } from "vitest";
import { env, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { answer, app, as, created, inboxRows, infoOf, joined, logRows, memberRow, say } from "./calls.ts";

const idsOf = (count: number, prefix = "m") => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

test("messages over several pages, while others come", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const sender = await Client.connect(a, { acks: true });
  // The log keeps every member's place: as many as three pages hold, and some.
  const ids = idsOf(380);
  for (let i = 0; i < ids.length; i += 95) sender.send(...ids.slice(i, i + 95).map((id) => say(id, sessionId)));
  expect(new Set(await sender.settled(...ids))).toEqual(new Set(["stored"]));
  expect(await inboxRows(b)).toBe(0);
  const member = await Client.connect(b, { acks: true });
  const more = idsOf(20, "n");
  for (const id of more) sender.send(say(id, sessionId));
  const said = () => member.messages.filter(({ type }) => type === 1);
  await member.until(() => said().length === 400, "400 messages");
  await sender.settled(...more);
  expect(said().map(({ id }) => id)).toEqual([...ids, ...more]);
  // Nothing is needed any longer: the log is trimmed, and the member is called again.
  sender.send(say("last", sessionId));
  await member.until(() => member.payloads.includes("last"), "the last");
  await sender.settled("last");
  await expect.poll(() => logRows(sessionId)).toEqual([]);
  expect((await memberRow(sessionId, b))!.behind_from).toBeNull();
  expect((await env.NODE.getByName(b).describe()).sessions).toEqual({ joined: 1, unread: 0 });
  await Promise.all([sender.close(), member.close()]);
});

test("a member that is away costs no calls, however much is said", async () => {
  const [a, b, c] = [newId("a"), newId("b"), newId("c")];
  const sessionId = await created(a, { anyone_can_join: true });
  for (const nodeId of [b, c]) await joined(sessionId, nodeId);
  const sender = await Client.connect(a, { acks: true });
  const calls = async () => (await infoOf(sessionId, app())).log!.calls;
  sender.send(say("first", sessionId));
  await sender.settled("first");
  const before = await calls();
  const received = async () => (await env.NODE.getByName(b).describe()).counters.received;
  const receivedBefore = await received();
  const ids = idsOf(200);
  for (const id of ids) sender.send(say(id, sessionId));
  expect(new Set(await sender.settled(...ids))).toEqual(new Set(["stored"]));
  expect(await calls()).toBe(before);
  expect(await received()).toBe(receivedBefore);
  await sender.close();
});

test("a session in which nothing was said costs no catching up", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  const member = await Client.connect(b, { acks: true });
  await joined(sessionId, b);
  await member.close();
  const again = await Client.connect(b, { acks: true });
  expect((await env.NODE.getByName(b).describe()).sessions).toEqual({ joined: 1, unread: 0 });
  await again.close();
});

test("one that does not ack in time has it in its inbox, and stays in step", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const [sender, slow] = await Promise.all([Client.connect(a, { acks: true }), Client.connect(b)]);
  sender.send(say("m1", sessionId));
  expect(await sender.settled("m1")).toEqual(["stored"]);
  expect(await logRows(sessionId)).toEqual([]);
  expect(await inboxRows(b)).toBe(1);
  slow.ack();
  sender.send(say("m2", sessionId));
  await slow.received(2);
  slow.ack();
  expect(await sender.settled("m2")).toEqual(["delivered"]);
  expect(slow.payloads).toEqual(["m1", "m2"]);
  expect(await inboxRows(b)).toBe(0);
  await Promise.all([sender.close(), slow.close()]);
});

test("a v1 client that breaks off before it acks resumes without a hole, and without anything twice", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const [sender, first] = await Promise.all([Client.connect(a, { acks: true }), Client.connect(b)]);
  sender.send(say("m1", sessionId), say("m2", sessionId));
  await first.received(2);
  first.ack(first.messages[0]!.seq);
  await first.close(4_999);
  sender.send(say("m3", sessionId));
  expect(await sender.settled("m1", "m2", "m3")).toEqual(["delivered", "stored", "stored"]);
  const second = await Client.connect(b, {
    acks: true,
    resume: { epoch: first.welcome!.epoch, lastSeq: first.messages[0]!.seq! },
  });
  await second.until(() => second.payloads.includes("m3"), "m3");
  expect(second.payloads).toEqual(["m2", "m3"]);
  sender.send(say("m4", sessionId));
  expect(await sender.settled("m4")).toEqual(["delivered"]);
  expect(second.payloads).toEqual(["m2", "m3", "m4"]);
  await Promise.all([sender.close(), second.close()]);
});

test("over HTTP a member's own inbox is read without the session being called twice", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  expect(await answer(as(a, "POST", `/v1/sessions/${sessionId}/messages`, { payload: { id: "m1" } }))).toEqual({
    status: "stored",
  });
  for (let i = 0; i < 2; i++) {
    const inbox = await answer<{ messages: { id: string }[] }>(as(b, "GET", `/v1/nodes/${b}/inbox`));
    expect(inbox.messages.map(({ id }) => id)).toEqual(["m1"]);
  }
});
