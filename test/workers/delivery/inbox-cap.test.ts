/** An inbox takes 10,000 messages or 64 MiB and not one more until there is room again. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { authKey, env, newId, postJson } from "../http/edge.ts";
import { Client, type ConfigResponse } from "./client.ts";
import { evictNodes } from "./evict.ts";
import { fillInbox, tailOf } from "./storage.ts";

const fillers = (dest: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => tailOf("filler", { id: `f${i}`, dest_id: dest, type: 1 }));

const fillerIds = (count: number) => Array.from({ length: count }, (_, i) => `f${i}`);

/** Sends one message; answers its ack's status or its error's code. */
async function outcomeOf(sender: Client, dest: string, id: string): Promise<string> {
  sender.send({ id, dest_id: dest, type: 1 });
  const [status] = await sender.settled(id);
  return status ?? sender.errors.find((error) => error.id === id)!.code;
}

const messagesIn = async (nodeId: string) => (await env.NODE.getByName(nodeId).describe()).inbox.messages;

test("the 10,000th message is stored, the next refused, also after an eviction", async () => {
  const b = newId("b");
  await fillInbox(b, fillers(b, LIMITS.inboxMessages - 1));
  const sender = await Client.connect(newId("a"));
  sender.send(
    { id: "fits", dest_id: b, type: 1 },
    { id: "volatile", dest_id: b, type: 1, volatile: true },
    { id: "late", dest_id: b, type: 1 },
  );
  await sender.settled("fits", "late");
  expect(sender.statusOf("fits")).toBe("stored");
  expect(sender.errors).toMatchObject([{ code: "INBOX_FULL", temporary: true, id: "late" }]);
  await evictNodes([b]);
  expect(await outcomeOf(sender, b, "later")).toBe("INBOX_FULL");
  expect(await outcomeOf(sender, b, "fits")).toBe("stored");
  expect(await messagesIn(b)).toBe(LIMITS.inboxMessages);
  await sender.close();
});

test("64 MiB fit to the character, and acks over HTTP make room for as much again", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const size = tailOf(a, { id: "m1", dest_id: b, type: 1 }).length;
  const blank = tailOf("filler", { payload: "" }).length;
  const rows = Array.from({ length: 64 }, (_, i) => {
    const bytes = LIMITS.inboxBytes / 64 - (i === 0 ? size : 0);
    return tailOf("filler", { payload: "x".repeat(bytes - blank) });
  });
  await fillInbox(b, rows);
  const sender = await Client.connect(a);
  expect(await outcomeOf(sender, b, "m1")).toBe("stored");
  expect((await env.NODE.getByName(b).describe()).inbox).toMatchObject({ messages: 65, bytes: LIMITS.inboxBytes });
  expect(await outcomeOf(sender, b, "m2")).toBe("INBOX_FULL");
  await evictNodes([b]);
  expect(await outcomeOf(sender, b, "m3")).toBe("INBOX_FULL");
  const acked = await postJson(`/v1/nodes/${b}/ack`, await authKey(b), { seq: 1 });
  expect(await acked.json()).toEqual({ removed: 1 });
  expect(await outcomeOf(sender, b, "m4")).toBe("stored");
  await sender.close();
});

test("acks over HTTP make room for as many messages, no more", async () => {
  const b = newId("b");
  await fillInbox(b, fillers(b, LIMITS.inboxMessages));
  const sender = await Client.connect(newId("a"));
  expect(await outcomeOf(sender, b, "before")).toBe("INBOX_FULL");
  await env.NODE.getByName(b).acknowledge(100);
  await evictNodes([b]);
  const ids = Array.from({ length: 101 }, (_, i) => `m${i}`);
  sender.send(...ids.map((id) => ({ id, dest_id: b, type: 1 })));
  const statuses = await sender.settled(...ids);
  expect(statuses).toEqual([...Array<string>(100).fill("stored"), undefined]);
  expect(sender.errors.at(-1)).toMatchObject({ code: "INBOX_FULL", id: "m100" });
  await sender.close();
});

test("a v1 client's acks make room, and it gets what was promised and nothing else", async () => {
  const b = newId("b");
  await fillInbox(b, fillers(b, LIMITS.inboxMessages));
  const [sender, recipient] = await Promise.all([Client.connect(newId("a")), Client.connect(b)]);
  await recipient.received(LIMITS.windowMessages);
  expect(await outcomeOf(sender, b, "before")).toBe("INBOX_FULL");
  recipient.ack();
  await recipient.received(LIMITS.windowMessages + 1);
  expect(await outcomeOf(sender, b, "after")).toBe("stored");
  await evictNodes([b]);
  const total = LIMITS.inboxMessages + 1;
  for (let have = recipient.messages.length; have < total; have = recipient.messages.length) {
    recipient.ack();
    await recipient.received(have + 1);
  }
  recipient.ack();
  expect(recipient.messages.map(({ id }) => id)).toEqual([...fillerIds(LIMITS.inboxMessages), "after"]);
  expect(recipient.gaps).toEqual([]);
  await recipient.close();
  expect(await messagesIn(b)).toBe(0);
  await sender.close();
});

test("what a classic client has read to the end makes room, a part of it does not", async () => {
  const b = newId("b");
  await fillInbox(b, fillers(b, LIMITS.inboxMessages));
  const sender = await Client.connect(newId("a"));
  let reader = await Client.connect(b, { mode: "classic" });
  const first = await reader.config({ fetch_inbox_messages: true });
  expect(first).toMatchObject({ more: true, to_seq: LIMITS.inboxMessages });
  await reader.close();
  expect(await outcomeOf(sender, b, "before")).toBe("INBOX_FULL");

  reader = await Client.connect(b, { mode: "classic" });
  const read: string[] = [];
  let page: ConfigResponse = { server_timestamp_add_diff: 0, more: true };
  while (page.more) {
    const below = page.from_seq === undefined ? {} : { fetch_inbox_messages_to_seq: page.from_seq - 1 };
    page = await reader.config({ fetch_inbox_messages: true, ...below });
    read.push(...page.messages!.map((text) => (JSON.parse(text) as { id: string }).id));
  }
  expect(read).toEqual(fillerIds(LIMITS.inboxMessages).toReversed());
  // Until the room is needed, it stays for other devices to read.
  expect(await messagesIn(b)).toBe(LIMITS.inboxMessages);
  await reader.close();
  await evictNodes([b]);
  expect(await outcomeOf(sender, b, "after")).toBe("stored");
  expect(await messagesIn(b)).toBe(1);
  const again = await Client.connect(b);
  await again.received(1);
  expect(again.messages.map(({ id }) => id)).toEqual(["after"]);
  expect(again.gaps).toEqual([]);
  again.ack();
  await Promise.all([sender.close(), again.close()]);
});
