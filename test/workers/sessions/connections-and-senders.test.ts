/** A member with several connections, members of one client, and an app node that is no member. */
import { expect, test } from "vitest";
import { expectError, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { answer, app, as, created, infoOf, joined, left, say } from "./calls.ts";

test("a message comes once to a member, over one of its connections; over each it speaks as one sender", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const sender = await Client.connect(a, { acks: true });
  const pair = await Promise.all([1, 2].map(() => Client.connect(b, { acks: true })));
  const ids = Array.from({ length: 30 }, (_, i) => `m${i}`);
  for (const id of ids) sender.send(say(id, sessionId));
  expect(new Set(await sender.settled(...ids))).toEqual(new Set(["delivered"]));
  const got = pair.flatMap((client) => client.payloads);
  expect(got).toHaveLength(30);
  expect(new Set(got)).toEqual(new Set(ids));
  for (const [i, client] of pair.entries()) client.send(say(`r${i}`, sessionId));
  await sender.until(() => sender.payloads.includes("r0") && sender.payloads.includes("r1"), "both answers");
  expect(sender.messages.filter(({ type }) => type === 1).map(({ src_id }) => src_id)).toEqual([b, b]);
  // Neither of its connections hears what the other said.
  expect(pair.flatMap((client) => client.payloads)).toHaveLength(30);
  for (const client of [sender, ...pair]) await client.close();
});

test("when one of its connections breaks off, another one has what that left unacked, once", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const [sender, first] = await Promise.all([Client.connect(a, { acks: true }), Client.connect(b)]);
  sender.send(say("m1", sessionId));
  await first.received(1);
  const second = await Client.connect(b, { acks: true });
  await first.close(4_999);
  await second.received(1);
  await sender.settled("m1");
  sender.send(say("m2", sessionId));
  expect(await sender.settled("m2")).toEqual(["delivered"]);
  expect(second.payloads).toEqual(["m1", "m2"]);
  await Promise.all([sender.close(), second.close()]);
});

test("nodes of one client are members each for itself", async () => {
  const [a, b, c] = [newId("a"), newId("b"), newId("c")];
  const clientId = newId("client");
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const [first, second, third] = await Promise.all([
    Client.connect(a, { acks: true, clientId }),
    Client.connect(b, { acks: true, clientId }),
    Client.connect(c, { acks: true, clientId }),
  ]);
  first.send(say("m1", sessionId));
  expect(await first.settled("m1")).toEqual(["delivered"]);
  expect(second.messages).toMatchObject([{ id: "m1", src_id: a, src_client_id: clientId }]);
  // The third is of the same client, but no member.
  third.send(say("x", sessionId));
  await third.until(() => third.seen.some(({ type }) => type === -5), "-5");
  expect(third.messages).toEqual([]);
  for (const client of [first, second, third]) await client.close();
});

test("an app node speaks to a session that it is not in, by socket and by HTTP, to all or to one", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const speaker = app();
  const members = await Promise.all([a, b].map((nodeId) => Client.connect(nodeId, { acks: true })));
  const socket = await Client.connect(speaker.nodeId, { app: true, acks: true });
  socket.send(say("m1", sessionId), say("p1", sessionId, { dest_id: b }));
  expect(await socket.settled("m1", "p1")).toEqual(["delivered", "delivered"]);
  const post = (body: object) => answer(as(speaker, "POST", `/v1/sessions/${sessionId}/messages`, body));
  expect(await post({ payload: { id: "m2", type: 7, payload: "by HTTP" } })).toEqual({ status: "delivered" });
  expect(await post({ payload: "bare", dest_id: a })).toEqual({ status: "delivered" });
  const shown = (client: Client) =>
    client.messages
      .filter(({ type }) => type !== 100)
      .map(({ id, src_id, type, payload }) => [id, src_id, type, payload]);
  const { nodeId } = speaker;
  expect(shown(members[0]!)).toEqual([
    ["m1", nodeId, 1, "m1"],
    ["m2", nodeId, 7, "by HTTP"],
    [undefined, nodeId, undefined, "bare"],
  ]);
  expect(shown(members[1]!)).toEqual([
    ["m1", nodeId, 1, "m1"],
    ["p1", nodeId, 1, "p1"],
    ["m2", nodeId, 7, "by HTTP"],
  ]);
  expect(socket.messages).toEqual([]);
  // Without such a key it is a stranger.
  const plain = await Client.connect(nodeId, { acks: true });
  plain.send(say("x", sessionId));
  await plain.until(() => plain.seen.some(({ type }) => type === -5), "-5");
  for (const client of [...members, socket, plain]) await client.close();
});

test("a member speaks over HTTP, and is answered when all have it", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const member = await Client.connect(b, { acks: true });
  const post = (body: object) => answer(as(a, "POST", `/v1/sessions/${sessionId}/messages`, body));
  expect(await post({ payload: { id: "m1", payload: "one", dest_session_id: "elsewhere" } })).toEqual({
    status: "delivered",
  });
  expect(await post({ payload: { id: "m1", payload: "again" } })).toEqual({ status: "delivered" });
  expect(member.messages).toMatchObject([{ id: "m1", payload: "one", src_id: a, dest_session_id: sessionId }]);
  await member.close();
  expect(await post({ payload: { id: "m2" } })).toEqual({ status: "stored" });
  expect(await post({ payload: { id: "v1", volatile: true } })).toEqual({ status: "delivered" });
  await left(sessionId, b);
  expect(await post({ payload: { id: "m3" } })).toEqual({ status: "delivered" });
});

test.each([100, 103, 104, 110])("over HTTP nothing of type %d can be said", async (type) => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const member = await Client.connect(b, { acks: true });
  const post = (payload: unknown) => as(a, "POST", `/v1/sessions/${sessionId}/messages`, { payload });
  for (const payload of [{ type, id: "x" }, JSON.stringify({ type })]) {
    expect(await expectError(await post(payload), "BAD_MESSAGE")).toContain("type");
  }
  await answer(post({ type: 1, payload: "said" }));
  expect(member.payloads).toEqual(["said"]);
  expect((await infoOf(sessionId, b)).member_count).toBe(2);
  await member.close();
});
