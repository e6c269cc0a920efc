/** A member that is there but does not keep up: its window, then its inbox, then the log; all of it in order, once. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { created, evictSessions, joined, logRows, memberRow, say } from "./calls.ts";

const COUNT = LIMITS.messagesPerSecond * LIMITS.burstFactor;

/** More than its window has been said to a member that acked nothing; the sender knows that all of it is safe. */
async function scene() {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const [sender, slow] = [await Client.connect(a, { acks: true }), await Client.connect(b)];
  const ids = Array.from({ length: COUNT }, (_, i) => `m${i}`);
  for (let i = 0; i < COUNT; i += 100) sender.send(...ids.slice(i, i + 100).map((id) => say(id, sessionId)));
  expect(new Set(await sender.settled(...ids))).toEqual(new Set(["stored"]));
  await slow.received(LIMITS.windowMessages);
  return { sessionId, b, sender, slow, ids };
}

/** Acks whatever has come until this one has. */
async function ackUntil(client: Client, id: string): Promise<void> {
  for (;;) {
    const { length } = client.messages;
    client.ack();
    if (client.messages.some((message) => message.id === id)) return;
    await client.until(() => client.messages.length > length, `more than ${length} messages`);
  }
}

test("what went on its wire is in its inbox, the rest in the log; acks bring it all", async () => {
  const { sessionId, b, sender, slow, ids } = await scene();
  expect(slow.messages).toHaveLength(LIMITS.windowMessages);
  const inbox = (await env.NODE.getByName(b).describe()).inbox.messages;
  const logged = (await logRows(sessionId)).reduce((sum, { count }) => sum + count, 0);
  expect(inbox).toBe(LIMITS.windowMessages);
  expect(logged).toBeGreaterThanOrEqual(COUNT - LIMITS.windowMessages);
  expect((await env.NODE.getByName(b).describe()).sessions.unread).toBe(1);

  await ackUntil(slow, ids.at(-1)!);
  expect(slow.messages.map(({ id }) => id)).toEqual(ids);
  expect(slow.sessionGaps).toEqual([]);
  sender.send(say("live", sessionId));
  await slow.until(() => slow.payloads.includes("live"), "live");
  slow.ack();
  expect(await sender.settled("live")).toEqual(["delivered"]);
  await expect.poll(() => logRows(sessionId)).toEqual([]);
  expect((await memberRow(sessionId, b))!.behind_from).toBeNull();
  await Promise.all([sender.close(), slow.close()]);
});

test("so it is when the objects leave memory in between", async () => {
  const { sessionId, b, sender, slow, ids } = await scene();
  await evictNodes([b]);
  await evictSessions(sessionId);
  slow.ack(slow.messages[99]!.seq);
  await slow.until(() => slow.messages.length > LIMITS.windowMessages, "more");
  await evictNodes([b]);
  await evictSessions(sessionId);
  await ackUntil(slow, ids.at(-1)!);
  expect(slow.messages.map(({ id }) => id)).toEqual(ids);
  await Promise.all([sender.close(), slow.close()]);
});

test("so it is when it breaks off and resumes", async () => {
  const { sender, slow, ids } = await scene();
  slow.ack(slow.messages[99]!.seq);
  const resume = { epoch: slow.welcome!.epoch, lastSeq: slow.messages[99]!.seq! };
  await slow.close(4_999);
  const again = await Client.connect(slow.nodeId, { resume, acks: true });
  await again.until(() => again.payloads.includes(ids.at(-1)), "the last");
  expect(again.messages.map(({ id }) => id)).toEqual(ids.slice(100));
  await Promise.all([sender.close(), again.close()]);
});

test("meanwhile the others are not kept waiting, nor called for it", async () => {
  const { sessionId, sender, slow } = await scene();
  const quick = await Client.connect(newId("quick"), { acks: true });
  await joined(sessionId, quick.nodeId);
  const before = (await env.NODE.getByName(slow.nodeId).describe()).counters.received;
  for (let i = 0; i < 20; i++) {
    quick.send(say(`q${i}`, sessionId));
    const sentAt = Date.now();
    expect(await quick.settled(`q${i}`)).toEqual(["stored"]);
    // Nobody's grace has to run out for it.
    expect(Date.now() - sentAt).toBeLessThan(LIMITS.ackGraceMs);
  }
  expect((await env.NODE.getByName(slow.nodeId).describe()).counters.received).toBe(before);
  await sender.until(() => sender.payloads.includes("q19"), "q19");
  for (const client of [sender, slow, quick]) await client.close();
});
