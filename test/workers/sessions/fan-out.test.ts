/** One message to all members but its sender, in one order, under one number. */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client, type Message } from "../delivery/client.ts";
import { created, joined, say } from "./calls.ts";

test("three members who speak at once hear each other in one order, and not themselves", async () => {
  const nodes = [newId("a"), newId("b"), newId("c")];
  const sessionId = await created(nodes[0]!, { anyone_can_join: true });
  for (const nodeId of nodes.slice(1)) await joined(sessionId, nodeId);
  const members = await Promise.all(nodes.map((nodeId) => Client.connect(nodeId, { acks: true })));
  const numbers = Array.from({ length: 40 }, (_, i) => i);
  const ids = (client: Client) => numbers.map((i) => `${client.nodeId.slice(0, 1)}${i}`);
  for (const member of members) for (const id of ids(member)) member.send(say(id, sessionId));
  for (const member of members) {
    const statuses = await member.settled(...ids(member));
    expect(new Set(statuses)).toEqual(new Set(["delivered"]));
  }

  const said = (client: Client): Message[] => client.messages.filter(({ type }) => type === 1);
  const order = new Map<number, string>();
  for (const member of members) {
    expect(said(member)).toHaveLength(80);
    expect(said(member).every(({ src_id }) => src_id !== member.nodeId)).toBe(true);
    const seqs = said(member).map(({ session_seq }) => session_seq as number);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    for (const { session_seq, src_id, id } of said(member)) {
      const name = `${src_id} ${id}`;
      expect(order.get(session_seq as number) ?? name).toBe(name);
      order.set(session_seq as number, name);
    }
    for (const other of members) {
      if (other === member) continue;
      expect(said(member).flatMap(({ src_id, id }) => (src_id === other.nodeId ? [id] : []))).toEqual(ids(other));
    }
  }
  expect(order.size).toBe(120);
  for (const member of members) await member.close();
});

test("a message arrives as it was said, with what the edge stamps over what the sender claims", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const [sender, member] = [await Client.connect(a, { clientId: newId("client") }), await Client.connect(b)];
  sender.send({
    ...say("m1", sessionId, { payload1: { deep: [1, null] }, own: "kept" }),
    src_id: "somebody",
    src_client_id: "else",
    session_seq: 9_999,
    timestamp: 1,
    seq: 7,
  });
  await member.received(1);
  const [message] = member.messages;
  expect(message).toEqual({
    seq: expect.any(Number),
    src_id: a,
    src_client_id: expect.stringMatching(/^client-/),
    timestamp: expect.any(Number),
    session_seq: expect.any(Number),
    id: "m1",
    dest_session_id: sessionId,
    type: 1,
    payload: "m1",
    payload1: { deep: [1, null] },
    own: "kept",
  });
  expect(message!.session_seq).toBeLessThan(9_999);
  expect(Math.abs(Date.now() - message!.timestamp!)).toBeLessThan(10_000);
  member.ack();
  expect(await sender.settled("m1")).toEqual(["delivered"]);
  await Promise.all([sender.close(), member.close()]);
});
