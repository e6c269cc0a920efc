/** GET /v1/nodes/{id}/sessions: which sessions a node is in, and from where on it lacks something of each. */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { answer, app, as, closed, created, joined, left, say, type Who } from "./calls.ts";

interface Place {
  session_id: string;
  unread_from: number | null;
}

const placesOf = async (nodeId: string, by: string | Who = nodeId) =>
  (await answer<{ sessions: Place[] }>(as(by, "GET", `/v1/nodes/${nodeId}/sessions`))).sessions;

test("those that it is in, by id, however it came in, until it leaves or they are closed", async () => {
  const [founder, owner, node] = [app(), newId("owner"), newId("node")];
  // Never seen, it is in none.
  expect(await placesOf(node)).toEqual([]);
  const names = ["c", "a", "b"].map((name) => newId(name));
  for (const name of names) await created(founder, { _session_info_: [name, [[owner], [node, `mask-${name}`]]] });
  const own = await created(node);
  const open = await created(owner, { anyone_can_join: true });
  await joined(open, node, { is_anonymous: true });
  const listed = (sessions: readonly string[]) => sessions.toSorted().map((session_id) => ({ session_id }));
  expect(await placesOf(node)).toMatchObject(listed([...names, own, open]));
  expect(await placesOf(node, app())).toEqual(await placesOf(node));
  await left(open, node);
  await closed(names[0]!, founder);
  expect(await placesOf(node)).toMatchObject(listed([names[1]!, names[2]!, own]));
  expect(await placesOf(owner)).toMatchObject(listed([names[1]!, names[2]!, open]));
});

test("unread_from is the first that it lacks, and null once it has everything", async () => {
  const [owner, node] = [newId("owner"), newId("node")];
  const sessionId = await created(owner, { anyone_can_join: true });
  const online = await Client.connect(node, { acks: true });
  await joined(sessionId, node);
  const sender = await Client.connect(owner, { acks: true });
  sender.send(say("m1", sessionId));
  expect(await sender.settled("m1")).toEqual(["delivered"]);
  expect(await placesOf(node)).toEqual([{ session_id: sessionId, unread_from: null }]);
  await online.close();
  sender.send(say("m2", sessionId), say("m3", sessionId));
  expect(await sender.settled("m2", "m3")).toEqual(["stored", "stored"]);
  const lacks = [{ session_id: sessionId, unread_from: (online.messages.at(-1)!["session_seq"]! as number) + 1 }];
  expect(await placesOf(node)).toEqual(lacks);
  // Asking fetches nothing, and what it answers outlives the object.
  await evictNodes([node]);
  expect(await placesOf(node)).toEqual(lacks);
  const again = await Client.connect(node, { acks: true });
  await again.until(() => again.payloads.includes("m3"), "m3");
  await expect.poll(() => placesOf(node)).toEqual([{ session_id: sessionId, unread_from: null }]);
  await Promise.all([sender.close(), again.close()]);
});
