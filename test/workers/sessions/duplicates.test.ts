/** `(src_id, id)` names a message in a session, too: what is sent twice is said once, whatever left memory meanwhile. */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { created, evictSessions, infoOf, joined, say } from "./calls.ts";

async function scene() {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  return { sessionId, a, b, sender: await Client.connect(a, { acks: true }) };
}

test("no member can pass for the session itself, and so keep from others what the session says next", async () => {
  const { sessionId, a, b, sender } = await scene();
  const mimic = newId("mimic");
  const { created_at } = await infoOf(sessionId, b);
  await joined(sessionId, mimic, { anonymous_id: `~${created_at}` });
  const { last_session_seq: last } = await infoOf(sessionId, a);
  const member = await Client.connect(b, { acks: true });
  const forger = await Client.connect(mimic);
  forger.send(...[1, 2, 3].map((i) => say(String(last + 3 + i), sessionId)));
  await member.until(() => member.payloads.includes(String(last + 6)), "what is forged");
  // What has no id of its own, and a notice.
  for (const payload of ["x", "y"]) sender.send({ dest_session_id: sessionId, payload });
  await joined(sessionId, newId("new"));
  sender.send(say("end", sessionId));
  await member.until(() => member.payloads.includes("end"), "the end");
  expect(member.messages.slice(-4).map(({ type, payload }) => payload ?? type)).toEqual(["x", "y", 100, "end"]);
  await Promise.all([sender.close(), member.close(), forger.close()]);
});

const acksOf = (client: Client, id: string) =>
  client.acks.filter(([acked]) => acked === id).map(([, status]) => status);

test.each([
  ["nothing", async () => {}],
  ["the session", async ({ sessionId }: { sessionId: string }) => evictSessions(sessionId)],
  ["the sender", async ({ a }: { a: string }) => evictNodes([a])],
])("the recipient online, with %s evicted between", async (_name, evict) => {
  const made = await scene();
  const { sessionId, sender } = made;
  const member = await Client.connect(made.b, { acks: true });
  for (let i = 1; i <= 2; i++) {
    sender.send(say("m1", sessionId));
    await sender.until(() => acksOf(sender, "m1").length === i, `ack ${i}`);
    await evict(made);
  }
  sender.send(say("m2", sessionId));
  await member.until(() => member.payloads.includes("m2"), "m2");
  expect(acksOf(sender, "m1")).toEqual(["delivered", "delivered"]);
  expect(member.payloads).toEqual(["m1", "m2"]);
  await Promise.all([sender.close(), member.close()]);
});

test.each([
  ["nothing", async () => {}],
  ["the session", async ({ sessionId }: { sessionId: string }) => evictSessions(sessionId)],
])("the recipient away, with %s evicted between", async (_name, evict) => {
  const made = await scene();
  const { sessionId, a, b, sender } = made;
  for (let i = 1; i <= 2; i++) {
    sender.send(say("m1", sessionId));
    await sender.until(() => acksOf(sender, "m1").length === i, `ack ${i}`);
    await evict(made);
  }
  sender.send(say("m2", sessionId));
  await sender.settled("m2");
  const before = (await infoOf(sessionId, a)).last_session_seq;
  const member = await Client.connect(b, { acks: true });
  await member.until(() => member.payloads.includes("m2"), "m2");
  expect(acksOf(sender, "m1")).toEqual(["stored", "stored"]);
  expect(member.payloads).toEqual(["m1", "m2"]);
  expect((await infoOf(sessionId, a)).last_session_seq).toBe(before);
  await Promise.all([sender.close(), member.close()]);
});

test("the same id from two members is two messages, and so it is in two sessions", async () => {
  const { sessionId, a, b, sender } = await scene();
  const c = newId("c");
  const other = await created(a, { anyone_can_join: true });
  await joined(other, c);
  await joined(sessionId, c);
  const [second, listener] = await Promise.all([b, c].map((nodeId) => Client.connect(nodeId, { acks: true })));
  sender.send(say("m1", sessionId), say("m1", other));
  second!.send(say("m1", sessionId));
  await Promise.all([sender.settled("m1"), second!.settled("m1")]);
  const got = () => listener!.messages.filter(({ id }) => id === "m1");
  await listener!.until(() => got().length === 3, "three");
  expect(new Set(got().map(({ src_id, dest_session_id }) => `${src_id} ${dest_session_id}`))).toEqual(
    new Set([`${a} ${sessionId}`, `${b} ${sessionId}`, `${a} ${other}`]),
  );
  for (const client of [sender, second!, listener!]) await client.close();
});

test("messages without an id are never taken for each other", async () => {
  const { sessionId, b, sender } = await scene();
  const member = await Client.connect(b, { acks: true });
  const unnamed = { dest_session_id: sessionId, type: 1, payload: "same" };
  sender.send(unnamed, unnamed);
  await member.until(() => member.payloads.length === 2, "both");
  expect(sender.acks).toEqual([]);
  await evictSessions(sessionId);
  sender.send(unnamed);
  await member.until(() => member.payloads.length === 3, "the third");
  await Promise.all([sender.close(), member.close()]);
});

test("an id of the sender's own is one, however it begins", async () => {
  const { sessionId, b, sender } = await scene();
  const member = await Client.connect(b, { acks: true });
  for (const id of ["~1", "\n1"]) {
    for (let i = 1; i <= 2; i++) {
      sender.send(say(id, sessionId));
      await sender.until(() => acksOf(sender, id).length === i, `ack ${i}`);
      await evictSessions(sessionId);
    }
  }
  sender.send(say("end", sessionId));
  await member.until(() => member.payloads.includes("end"), "the end");
  expect(member.payloads).toEqual(["~1", "\n1", "end"]);
  await Promise.all([sender.close(), member.close()]);
});
