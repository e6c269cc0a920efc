/** `dest_id` beside `dest_session_id`: one member gets it, by the name that the session shows (PROTOCOL §3). */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { created, joined, logRows, say } from "./calls.ts";

test("it reaches that member alone, in the order of the session", async () => {
  const nodes = [newId("a"), newId("b"), newId("c")];
  const sessionId = await created(nodes[0]!, { anyone_can_join: true });
  for (const nodeId of nodes.slice(1)) await joined(sessionId, nodeId);
  const [a, b, c] = await Promise.all(nodes.map((nodeId) => Client.connect(nodeId, { acks: true })));
  a!.send(
    say("m1", sessionId),
    say("p1", sessionId, { dest_id: b!.nodeId }),
    say("p2", sessionId, { dest_id: c!.nodeId }),
    say("m2", sessionId),
  );
  expect(await a!.settled("m1", "p1", "p2", "m2")).toEqual(Array(4).fill("delivered"));
  const said = (client: Client) => client.messages.filter(({ type }) => type === 1);
  expect(said(b!).map(({ id }) => id)).toEqual(["m1", "p1", "m2"]);
  expect(said(c!).map(({ id }) => id)).toEqual(["m1", "p2", "m2"]);
  const [first] = said(b!).map(({ session_seq }) => session_seq as number);
  expect(said(b!).map(({ session_seq }) => session_seq)).toEqual([first, first! + 1, first! + 3]);
  expect(said(c!).map(({ session_seq }) => session_seq)).toEqual([first, first! + 2, first! + 3]);
  expect(said(b!)[1]).toMatchObject({ src_id: a!.nodeId, dest_id: b!.nodeId, dest_session_id: sessionId });
  for (const client of [a!, b!, c!]) await client.close();
});

test("one who is away gets it later, and nobody else does", async () => {
  const nodes = [newId("a"), newId("b"), newId("c")];
  const sessionId = await created(nodes[0]!, { anyone_can_join: true });
  for (const nodeId of nodes.slice(1)) await joined(sessionId, nodeId);
  const a = await Client.connect(nodes[0]!, { acks: true });
  a.send(say("p1", sessionId, { dest_id: nodes[1] }), say("m1", sessionId));
  expect(await a.settled("p1", "m1")).toEqual(["stored", "stored"]);
  const [b, c] = await Promise.all(nodes.slice(1).map((nodeId) => Client.connect(nodeId, { acks: true })));
  await Promise.all([b!, c!].map((client) => client.until(() => client.payloads.includes("m1"), "m1")));
  const said = (client: Client) => client.messages.filter(({ type }) => type === 1).map(({ id }) => id);
  expect(said(b!)).toEqual(["p1", "m1"]);
  expect(said(c!)).toEqual(["m1"]);
  for (const client of [a, b!, c!]) await client.close();
});

test("to nobody there is it is refused as a stranger's is, and to oneself it goes nowhere", async () => {
  const owner = newId("owner");
  const sessionId = await created(owner);
  const a = await Client.connect(owner, { acks: true });
  a.send(say("p1", sessionId, { dest_id: newId("nobody") }), say("p2", sessionId, { dest_id: owner }));
  expect(await a.settled("p2")).toEqual(["delivered"]);
  await a.until(() => a.seen.some(({ type, id }) => type === -5 && id === "p1"), "-5");
  expect(a.messages).toEqual([]);
  expect(await logRows(sessionId)).toEqual([]);
  await a.close();
});
