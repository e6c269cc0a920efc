/** Nothing that others receive, by socket or HTTP, holds the real id of an anonymous member, or its client's. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { evictNodes } from "../delivery/evict.ts";
import { query } from "../delivery/storage.ts";
import { as, created, evictSessions, joined, left, memberRow, say, stubOf } from "./calls.ts";

/** Everything that some node but the hidden ones received. */
class Overheard {
  readonly #clients: Client[] = [];
  readonly #answers: string[] = [];

  async connect(nodeId: string, options: Parameters<typeof Client.connect>[1] = {}): Promise<Client> {
    const client = await Client.connect(nodeId, options);
    this.#clients.push(client);
    return client;
  }

  /** A call whose answer, headers included, is kept. */
  async call(...request: Parameters<typeof as>): Promise<string> {
    const response = await as(...request);
    const text = `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
    this.#answers.push(text);
    return text;
  }

  get text(): string {
    return [...this.#answers, ...this.#clients.map(({ seen }) => JSON.stringify(seen))].join("\n");
  }
}

test.each([0, 1])("a whole story, session_type %d", { timeout: 60_000 }, async (session_type) => {
  const secrets = { a: newId("secret-a"), b: newId("secret-b"), client: newId("secret-client") };
  const [owner, known, late] = [newId("owner"), newId("known"), newId("late")];
  const heard = new Overheard();
  const sessionId = await created(owner, {
    session_type,
    session_game_master_node_id: session_type === 1 ? secrets.a : undefined,
    anyone_can_join: true,
    presence: true,
    history_messages: 50,
  });
  await joined(sessionId, known);
  const [o, k] = [await heard.connect(owner, { acks: true }), await heard.connect(known, { mode: "classic" })];
  const anonymous = { acks: true, clientId: secrets.client };
  const [a, b] = [await Client.connect(secrets.a, anonymous), await Client.connect(secrets.b, anonymous)];
  const [, nameA] = (await joined(sessionId, secrets.a, { is_anonymous: true })) as [string, string];
  b.send({ id: "join", type: 100, dest_session_id: sessionId, payload: { anonymous_id: "mask-b" } });
  await b.settled("join");
  const evict = async () => {
    await evictNodes([owner, known, late, secrets.a, secrets.b]);
    await evictSessions(sessionId);
  };
  const readEverything = async () => {
    for (const reader of [owner, known]) {
      await heard.call(reader, "GET", `/v1/sessions/${sessionId}`);
      await heard.call(reader, "GET", `/v1/sessions/${sessionId}/history`);
      await heard.call(reader, "GET", `/v1/sessions/${sessionId}/state`);
      await heard.call(reader, "GET", `/v1/nodes/${reader}/inbox`);
    }
  };

  // Talk, in public and in private, while everybody is there.
  a.send(say("a1", sessionId), say("a2", sessionId, { dest_id: owner }), say("a3", sessionId, { dest_id: "mask-b" }));
  b.send(say("b1", sessionId), say("b2", sessionId, { dest_id: nameA }), say("b3", sessionId, { dest_id: known }));
  await a.settled("a1");
  await b.settled("b1", "b2");
  o.send(say("o1", sessionId, { dest_id: nameA }), say("o2", sessionId));
  await o.settled("o1", "o2");
  await readEverything();

  // While some are away; what is kept for them, and read from inboxes.
  await k.close();
  await b.close();
  a.send(say("a4", sessionId), say("a5", sessionId, { dest_id: known, volatile: true }));
  await a.settled("a4");
  await as(secrets.b, "POST", `/v1/sessions/${sessionId}/messages`, { payload: { id: "b4" } });
  o.send(say("o3", sessionId, { dest_id: "mask-b" }));
  await o.until(() => o.statusOf("o3") !== undefined || o.seen.some(({ type }) => type === -5), "an answer");
  await evict();
  await readEverything();
  const k2 = await heard.connect(known, { mode: "classic" });
  await k2.config({ fetch_inbox_messages: true });

  // The one who is away is given up: 106, and in a game perhaps 110.
  await expect.poll(async () => (await memberRow(sessionId, secrets.b))!.offline_since).not.toBeNull();
  const ms = LIMITS.presenceGraceMs + 1;
  await query(stubOf(sessionId), "UPDATE member SET offline_since = offline_since - ?", ms);
  await evictSessions(sessionId);
  await runDurableObjectAlarm(stubOf(sessionId));
  await o.until(() => o.messages.some(({ type, src_id }) => type === 106 && src_id === "mask-b"), "106");
  const b2 = await Client.connect(secrets.b, anonymous);
  await o.until(() => o.messages.filter(({ type, src_id }) => type === 105 && src_id === "mask-b").length >= 1, "105");

  // Guesses, and what is answered to them.
  for (const guess of [secrets.a, secrets.b]) {
    for (const asker of [o, k2]) {
      const before = asker.seen.length;
      asker.send(say(`guess-${guess.slice(-6)}`, sessionId, { dest_id: guess }));
      await asker.until(() => asker.seen.length > before, "an answer");
    }
  }
  await heard.call(owner, "DELETE", `/v1/sessions/${sessionId}/members/${secrets.a}`);
  await heard.call(known, "DELETE", `/v1/sessions/${sessionId}/members/${secrets.a}`);
  await heard.call(known, "DELETE", `/v1/sessions/${sessionId}/members/${nameA}`);

  // Somebody new gets the history; the anonymous ones leave, one by itself, one removed.
  await heard.connect(late, { acks: true });
  await joined(sessionId, late);
  await evict();
  await left(sessionId, secrets.a);
  await heard.call(owner, "DELETE", `/v1/sessions/${sessionId}/members/mask-b`);
  await b2.until(() => b2.messages.some(({ type, payload }) => type === 103 && payload !== undefined), "103");
  expect(b2.messages.find(({ type, payload }) => type === 103 && payload !== undefined)).toMatchObject({
    src_id: "mask-b",
    payload: { reason: "removed" },
  });
  await readEverything();
  o.send(say("last", sessionId));
  await o.until(() => o.statusOf("last") !== undefined || o.errors.length > 0, "an answer");

  const { text } = heard;
  expect(text).toContain(nameA);
  expect(text).toContain("mask-b");
  for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
  for (const client of [o, a, b2, k2]) await client.close();
});
