/** Up to 200 members are told, and listed, one by one; in a larger session there is only their number. */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { app, created, infoOf, joined, memberRow, say } from "./calls.ts";

test("200 members, and one more", { timeout: 60_000 }, async () => {
  const nodes = Array.from({ length: 200 }, (_, i) => newId(`n${i}`));
  const founder = app();
  const _session_info_ = [newId("session"), nodes.map((nodeId) => [nodeId])];
  const sessionId = await created(founder, { _session_info_, presence: true, anyone_can_join: true });
  const comings = (client: Client) => client.messages.filter(({ type }) => type === 105 || type === 106);
  const online = (nodeId: string) => expect.poll(async () => (await memberRow(sessionId, nodeId))!.online).toBe(1);

  const first = await Client.connect(nodes[0]!, { acks: true });
  await online(nodes[0]!);
  const second = await Client.connect(nodes[1]!, { acks: true });
  await first.until(() => comings(first).length === 1, "105");
  const listed = await infoOf(sessionId, founder);
  expect(listed).toMatchObject({ member_count: 200, online_count: 2 });
  expect(listed.members.map(({ online: is }) => is)).toEqual([true, true, ...Array(198).fill(false)]);

  await joined(sessionId, newId("one more"));
  const third = await Client.connect(nodes[2]!, { acks: true });
  await online(nodes[2]!);
  third.send(say("m1", sessionId));
  await first.until(() => first.payloads.includes("m1"), "m1");
  expect(comings(first)).toHaveLength(1);
  const counted = await infoOf(sessionId, founder);
  expect(counted).toMatchObject({ member_count: 201, online_count: 3 });
  expect(counted.members.some((member) => "online" in member)).toBe(false);
  for (const client of [first, second, third]) await client.close();
});
