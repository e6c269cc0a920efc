/** A classic client acks nothing: what its socket took shortly before it broke is queued again, and else never. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";

// Objects run in the isolate of the tests, so this is their clock, too.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const IDS = ["m1", "m2", "m3"];

/** A classic client that has just been sent three messages. */
async function sentThree(): Promise<{ sender: Client; classic: Client; nodeId: string }> {
  const nodeId = newId("classic");
  const [sender, classic] = await Promise.all([
    Client.connect(newId("sender")),
    Client.connect(nodeId, { mode: "classic" }),
  ]);
  sender.send(...IDS.map((id) => ({ id, dest_id: nodeId, type: 1 })));
  await classic.received(3);
  expect(await sender.settled(...IDS)).toEqual(["delivered", "delivered", "delivered"]);
  return { sender, classic, nodeId };
}

async function inboxIds(nodeId: string): Promise<string[]> {
  const { messages } = await env.NODE.getByName(nodeId).readInbox({ order: "asc" });
  return messages.map((text) => (JSON.parse(text) as { id: string }).id);
}

test.each([1002, 3000, 4999])("a socket that closes with %d leaves them in the inbox", async (code) => {
  const { sender, classic, nodeId } = await sentThree();
  await classic.close(code);
  expect(await inboxIds(nodeId)).toEqual(IDS);
  const again = await Client.connect(nodeId, { mode: "classic" });
  const { messages } = await again.config({ fetch_inbox_messages: true });
  expect(messages!.map((text) => (JSON.parse(text) as { id: string }).id)).toEqual(IDS.toReversed());
  await Promise.all([sender.close(), again.close()]);
});

test.each([1000, 1001])("a socket that closes with %d leaves nothing", async (code) => {
  const { sender, classic, nodeId } = await sentThree();
  await classic.close(code);
  expect(await inboxIds(nodeId)).toEqual([]);
  await sender.close();
});

test("ten seconds later it is still queued again, and a millisecond after that no more", async () => {
  for (const [afterMs, queued] of [
    [LIMITS.assumedSentMs, IDS],
    [LIMITS.assumedSentMs + 1, []],
  ] as const) {
    const { sender, classic, nodeId } = await sentThree();
    vi.setSystemTime(Date.now() + afterMs);
    await classic.close(4_999);
    expect(await inboxIds(nodeId)).toEqual(queued);
    await sender.close();
  }
});

test("another connection of the node gets them at once", async () => {
  const { sender, classic, nodeId } = await sentThree();
  const other = await Client.connect(nodeId);
  await classic.close(4_999);
  await other.received(3);
  expect(other.messages.map(({ id }) => id)).toEqual(IDS);
  other.ack();
  await Promise.all([sender.close(), other.close()]);
  expect(await inboxIds(nodeId)).toEqual([]);
});

test("another classic connection gets them, and when it breaks too they are queued again", async () => {
  const { sender, classic, nodeId } = await sentThree();
  const other = await Client.connect(nodeId, { mode: "classic" });
  await classic.close(4_999);
  await other.received(3);
  expect(other.messages.map(({ id }) => id)).toEqual(IDS);
  await other.close(4_999);
  expect(await inboxIds(nodeId)).toEqual(IDS);
  await sender.close();
});
