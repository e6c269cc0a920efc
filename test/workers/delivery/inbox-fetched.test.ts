/** A v1 client may fetch pages of its inbox, too: that is no ack, so a full inbox must not drop what was only fetched. */
import { expect, test } from "vitest";
import { env, newId } from "../http/edge.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { Client, type ConfigResponse } from "./client.ts";
import { fillInbox, tailOf } from "./storage.ts";

const ROWS = 64;

/** An inbox without room for another character, of few messages, so that it is paged through quickly. */
async function fullInbox(nodeId: string): Promise<void> {
  const blank = tailOf("filler", { payload: "" }).length;
  const payload = "x".repeat(LIMITS.inboxBytes / ROWS - blank);
  await fillInbox(nodeId, Array<string>(ROWS).fill(tailOf("filler", { payload })));
}

async function fetchAll(reader: Client): Promise<number> {
  let fetched = 0;
  let page: ConfigResponse = { server_timestamp_add_diff: 0, more: true };
  while (page.more) {
    const below = page.from_seq === undefined ? {} : { fetch_inbox_messages_to_seq: page.from_seq - 1 };
    page = await reader.config({ fetch_inbox_messages: true, ...below });
    fetched += page.messages!.length;
  }
  return fetched;
}

test.each([
  ["v1", "INBOX_FULL", ROWS],
  ["classic", "stored", 1],
] as const)("what %s fetched to the end: the next message is %s", async (mode, outcome, left) => {
  const b = newId("b");
  await fullInbox(b);
  const [sender, reader] = await Promise.all([Client.connect(newId("a")), Client.connect(b, { mode })]);
  expect(await fetchAll(reader)).toBe(ROWS);
  await reader.close();
  sender.send({ id: "next", dest_id: b, type: 1 });
  const [status] = await sender.settled("next");
  expect(status ?? sender.errors[0]!.code).toBe(outcome);
  expect((await env.NODE.getByName(b).describe()).inbox.messages).toBe(left);
  await sender.close();
});
