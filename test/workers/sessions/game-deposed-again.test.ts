/** A master of a game that is deposed, made master and deposed again before it has answered for the first time. */
import { afterEach, expect, test, vi } from "vitest";
import { NodeObject } from "../../../src/durable/node.ts";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { query } from "../delivery/storage.ts";
import { created, evictSessions, infoOf, joined, left, memberRow, stubOf } from "./calls.ts";

afterEach(() => void vi.restoreAllMocks());

/** What sessions call this node with is taken, but the first so many answers wait until they are let go. */
function holdAnswers(nodeId: string, count: number): { held: () => number; letGo: (() => void)[] } {
  const gates = Array.from({ length: count }, () => Promise.withResolvers<void>());
  // oxlint-disable-next-line typescript/unbound-method -- called with the object that it was called on
  const { deliver } = NodeObject.prototype;
  let held = 0;
  vi.spyOn(NodeObject.prototype, "deliver").mockImplementation(async function (this: NodeObject, batch) {
    const answer = await deliver.call(this, batch);
    if (batch.session !== undefined && batch.lane.includes(nodeId)) await gates[held++]?.promise;
    return answer;
  });
  return { held: () => held, letGo: gates.map(({ resolve }) => resolve) };
}

test("its ack of the first 110 does not make it heard: it has yet to hear of the last", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { session_type: 1, anyone_can_join: true });
  await joined(sessionId, b);
  const clients = await Promise.all([a, newId("c")].map((nodeId) => Client.connect(nodeId, { acks: true })));
  const c = clients[1]!.nodeId;
  const row = () => memberRow(sessionId, a);
  await expect.poll(row).toMatchObject({ behind_from: null, online: 1 });
  // As if its coming back had crossed the end of its lease: the session believes it to be away, yet it is there.
  await query(stubOf(sessionId), "UPDATE member SET online = 0 WHERE node_id = ?", a);
  await evictSessions(sessionId);
  const { held, letGo } = holdAnswers(a, 3);
  const master = async () => {
    const { master_id, fencing_number } = await infoOf(sessionId, a);
    return [master_id, fencing_number];
  };

  clients.push(await Client.connect(b, { acks: true }));
  await expect.poll(master).toEqual([b, 2]);
  await expect.poll(held).toBe(1);
  await left(sessionId, b);
  expect(await master()).toEqual([a, 3]);
  await expect.poll(held).toBe(2);
  await joined(sessionId, c);
  expect(await master()).toEqual([c, 4]);
  await expect.poll(held).toBe(3);

  const unanswered = () => query(stubOf(sessionId), "SELECT seq FROM notice");
  expect(await unanswered()).toHaveLength(3);
  letGo[0]!();
  await expect.poll(unanswered).toHaveLength(2);
  expect((await row())!.deposed).toBe(1);
  letGo[1]!();
  letGo[2]!();
  await expect.poll(row).toMatchObject({ deposed: 0 });
  for (const client of clients) await client.close();
});
