/** notify_only_last_few_users: who comes and goes is told to the newest members alone; what is said, to all. */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { created, joined, left, revealed, say } from "./calls.ts";

test("of four members the last two are told", async () => {
  const nodes = ["a", "b", "c", "d"].map((name) => newId(name));
  const sessionId = await created(nodes[0]!, { anyone_can_join: true, notify_only_last_few_users: 2 });
  const members = await Promise.all(nodes.map((nodeId) => Client.connect(nodeId, { acks: true })));
  for (const nodeId of nodes.slice(1, 3)) await joined(sessionId, nodeId);
  await joined(sessionId, nodes[3]!, { anonymous_id: "mask" });
  await revealed(sessionId, nodes[3]!);
  await left(sessionId, nodes[0]!);
  await left(sessionId, nodes[3]!);
  members[1]!.send(say("m1", sessionId));
  members[2]!.send(say("m2", sessionId));
  await members[1]!.settled("m1");
  await members[2]!.settled("m2");
  const told = (client: Client) => client.messages.map(({ type, src_id, id }) => id ?? `${type} ${src_id}`);
  const [a, b, c, d] = nodes;
  // The newcomer counts among the last.
  expect(told(members[0]!)).toEqual([`100 ${b}`]);
  expect(told(members[1]!)).toEqual([`100 ${c}`, `103 ${d}`, "m2"]);
  expect(told(members[2]!)).toEqual(["100 mask", "104 mask", `103 ${a}`, `103 ${d}`, "m1"]);
  expect(told(members[3]!)).toEqual([`103 ${a}`]);
  for (const member of members) await member.close();
});

test("one who is away and not among them lacks nothing", async () => {
  const nodes = ["a", "b", "c"].map((name) => newId(name));
  const sessionId = await created(nodes[0]!, { anyone_can_join: true, notify_only_last_few_users: 2 });
  for (const nodeId of nodes.slice(1)) await joined(sessionId, nodeId);
  const away = await Client.connect(nodes[0]!, { acks: true });
  const other = await Client.connect(nodes[1]!, { acks: true });
  other.send(say("m1", sessionId));
  await away.until(() => away.payloads.includes("m1"), "m1");
  const types = away.messages.map(({ type }) => type);
  // The second came while there was room for all, the third did not.
  expect(types).toEqual([100, 1]);
  await Promise.all([away.close(), other.close()]);
});

test("with 1, the newest alone is told", async () => {
  const nodes = ["a", "b", "c"].map((name) => newId(name));
  const [a, b, c] = nodes as [string, string, string];
  const sessionId = await created(a, { anyone_can_join: true, notify_only_last_few_users: 1 });
  await joined(sessionId, b);
  await joined(sessionId, c);
  const [first, newest] = await Promise.all([a, c].map((nodeId) => Client.connect(nodeId, { acks: true })));
  await left(sessionId, b);
  first!.send(say("m1", sessionId));
  newest!.send(say("m2", sessionId));
  await first!.settled("m1");
  await newest!.settled("m2");
  expect(first!.messages.map(({ id }) => id)).toEqual(["m2"]);
  expect(newest!.messages.map(({ type, src_id }) => [type, src_id])).toEqual([
    [103, b],
    [1, a],
  ]);
  await Promise.all([first!.close(), newest!.close()]);
});
