/** The log of a session: not touched while all ack, written once however many are behind, trimmed when nobody is. */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { answer, app, as, created, inboxRows, infoOf, left, logRows, memberRow, say } from "./calls.ts";

const idsOf = (count: number, prefix = "m") => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

async function session(members: number): Promise<{ sessionId: string; nodes: string[] }> {
  const nodes = Array.from({ length: members }, () => newId());
  const _session_info_ = [newId("session"), nodes.map((nodeId) => [nodeId])];
  return { sessionId: await created(app(), { _session_info_ }), nodes };
}

const count = async (sessionId: string) => (await logRows(sessionId)).reduce((sum, row) => sum + row.count, 0);
const written = async (sessionId: string) => (await infoOf(sessionId, app())).log!.rows_written;

test("nothing is written, here or in any inbox, while every member acks", async () => {
  const { sessionId, nodes } = await session(8);
  const members = await Promise.all(nodes.map((nodeId) => Client.connect(nodeId, { acks: true })));
  // The first message tells the session who is there now.
  members[0]!.send(say("first", sessionId));
  await members[0]!.settled("first");
  for (const member of members.slice(1)) await member.until(() => member.payloads.includes("first"), "the first");
  await expect.poll(() => count(sessionId)).toBe(0);
  const before = await written(sessionId);
  const ids = idsOf(50);
  for (const [i, id] of ids.entries()) members[i % 8]!.send(say(id, sessionId));
  for (const [i, id] of ids.entries()) expect(await members[i % 8]!.settled(id)).toEqual(["delivered"]);
  expect(await written(sessionId)).toBe(before);
  expect(await logRows(sessionId)).toEqual([]);
  for (const nodeId of nodes) expect(await inboxRows(nodeId)).toBe(0);
  for (const member of members) await member.close();
});

test("one row a tick, however many are away; trimmed when the last of them has caught up", async () => {
  const { sessionId, nodes } = await session(12);
  const sender = await Client.connect(nodes[0]!, { acks: true });
  const ids = idsOf(60);
  sender.send(...ids.map((id) => say(id, sessionId)));
  expect(new Set(await sender.settled(...ids))).toEqual(new Set(["stored"]));
  expect(await count(sessionId)).toBe(60);
  // All came in one frame: a few ticks at most.
  expect((await logRows(sessionId)).length).toBeLessThanOrEqual(4);
  expect(await written(sessionId)).toBe((await logRows(sessionId)).length);
  for (const nodeId of nodes.slice(1)) expect(await inboxRows(nodeId)).toBe(0);

  for (const [i, nodeId] of nodes.slice(1).entries()) {
    expect(await count(sessionId)).toBe(60);
    const member = await Client.connect(nodeId, { acks: true });
    await member.until(() => member.payloads.includes("m59"), "the last");
    expect(member.payloads).toEqual(ids);
    await expect.poll(async () => (await memberRow(sessionId, nodeId))!.behind_from).toBeNull();
    await member.close();
    expect((await memberRow(sessionId, nodes[i + 2] ?? nodeId))!.behind_from === null).toBe(i === 10);
  }
  await expect.poll(() => logRows(sessionId)).toEqual([]);
  await sender.close();
});

test("what the one who is furthest behind has read is trimmed, row by row", async () => {
  const { sessionId, nodes } = await session(3);
  const say1 = (id: string) => answer(as(nodes[0]!, "POST", `/v1/sessions/${sessionId}/messages`, { payload: { id } }));
  // Who only speaks has a place in the order, too: this one lacks nothing once it has been there.
  await (await Client.connect(nodes[0]!, { acks: true })).close();
  await expect.poll(async () => (await memberRow(sessionId, nodes[0]!))!.behind_from).toBeNull();
  for (const id of ["m1", "m2", "m3"]) await say1(id);
  expect((await logRows(sessionId)).map((row) => row.count)).toEqual([1, 1, 1]);
  const second = await Client.connect(nodes[1]!, { acks: true });
  await second.received(3);
  await expect.poll(async () => (await memberRow(sessionId, nodes[1]!))!.behind_from).toBeNull();
  await second.close();
  await say1("m4");
  expect(await count(sessionId)).toBe(4);
  const third = await Client.connect(nodes[2]!, { acks: true });
  await third.received(4);
  await third.close();
  // The second one lacks m4 still.
  await expect.poll(() => count(sessionId)).toBe(1);
});

test("a member that leaves is waited for no longer", async () => {
  const { sessionId, nodes } = await session(3);
  const sender = await Client.connect(nodes[0]!, { acks: true });
  const other = await Client.connect(nodes[1]!, { acks: true });
  sender.send(say("m1", sessionId));
  expect(await sender.settled("m1")).toEqual(["stored"]);
  expect(await count(sessionId)).toBe(1);
  await left(sessionId, nodes[2]!);
  await expect.poll(() => count(sessionId)).toBe(0);
  sender.send(say("m2", sessionId));
  expect(await sender.settled("m2")).toEqual(["delivered"]);
  await Promise.all([sender.close(), other.close()]);
});
