/** volatile, ttl_ms and collapse_key in a session, for those who are there and those who catch up. */
import { decodeLogRow } from "../../../src/domain/session/log-row.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { query } from "../delivery/storage.ts";
import { created, joined, say, stubOf } from "./calls.ts";

const TTL_MS = 60_000;

// Objects run in the isolate of the tests, so this is their clock, too.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

/** Two members: one online, one away. */
async function scene() {
  const [a, b, c] = [newId("a"), newId("b"), newId("c")];
  const sessionId = await created(a, { anyone_can_join: true });
  for (const nodeId of [b, c]) await joined(sessionId, nodeId);
  const [sender, there] = await Promise.all([a, b].map((nodeId) => Client.connect(nodeId, { acks: true })));
  return { sessionId, away: c, sender: sender!, there: there! };
}

const said = (client: Client) => client.messages.filter(({ type }) => type === 1).map(({ id }) => id);

test("a volatile one reaches who is there, is never logged, and is not acked", async () => {
  const { sessionId, away, sender, there } = await scene();
  sender.send(say("m1", sessionId), say("v1", sessionId, { volatile: true }), say("m2", sessionId));
  expect(await sender.settled("m1", "m2")).toEqual(["stored", "stored"]);
  await there.until(() => said(there).length === 3, "three");
  expect(said(there)).toEqual(["m1", "v1", "m2"]);
  expect(there.messages.find(({ id }) => id === "v1")).not.toHaveProperty("seq");
  expect(sender.statusOf("v1")).toBeUndefined();
  const logged = await query<{ messages: string }>(stubOf(sessionId), "SELECT messages FROM log ORDER BY id");
  const sent = logged.flatMap((row) => decodeLogRow(row).map((entry) => entry.sent));
  expect(sent.filter((id) => id !== undefined)).toEqual(["m1", "m2"]);
  const back = await Client.connect(away, { acks: true });
  await back.until(() => said(back).includes("m2"), "m2");
  expect(said(back)).toEqual(["m1", "m2"]);
  expect(back.sessionGaps).toEqual([]);
  for (const client of [sender, there, back]) await client.close();
});

test("one whose ttl ran out is a gap to who comes later", async () => {
  const { sessionId, away, sender, there } = await scene();
  sender.send(
    say("m1", sessionId),
    say("t1", sessionId, { ttl_ms: TTL_MS }),
    say("t2", sessionId, { ttl_ms: TTL_MS }),
    say("t3", sessionId, { ttl_ms: TTL_MS + 2 }),
    say("m2", sessionId),
  );
  expect(await sender.settled("m1", "t1", "t2", "t3", "m2")).toEqual(Array(5).fill("stored"));
  expect(said(there)).toEqual(["m1", "t1", "t2", "t3", "m2"]);
  vi.setSystemTime(Date.now() + TTL_MS + 1);
  const back = await Client.connect(away, { acks: true });
  await back.until(() => said(back).includes("m2"), "m2");
  expect(said(back)).toEqual(["m1", "t3", "m2"]);
  const seq = there.messages.find(({ id }) => id === "t1")!.session_seq as number;
  expect(back.sessionGaps).toEqual([{ session_id: sessionId, from_seq: seq, to_seq: seq + 1, reason: "ttl" }]);
  for (const client of [sender, there, back]) await client.close();
});

test("one without time left is refused", async () => {
  const { sessionId, sender, there } = await scene();
  sender.send(say("t0", sessionId, { ttl_ms: 0 }));
  await sender.settled("t0");
  expect(sender.errors).toMatchObject([{ code: "EXPIRED", id: "t0" }]);
  sender.send(say("m1", sessionId));
  await there.until(() => said(there).includes("m1"), "m1");
  expect(said(there)).toEqual(["m1"]);
  for (const client of [sender, there]) await client.close();
});

test("while a member is behind, the newest of a collapse_key stands for the older ones of the same sender", async () => {
  const { sessionId, away, sender, there } = await scene();
  const score = (id: string, more: object = {}) => say(id, sessionId, { collapse_key: "score", ...more });
  sender.send(score("s1"), say("m1", sessionId), score("s2"), score("p1", { dest_id: away }));
  await there.until(() => said(there).includes("s2"), "s2");
  there.send(score("t1"));
  await there.settled("t1");
  sender.send(score("s3"), say("m2", sessionId));
  expect(await sender.settled("s1", "m1", "s2", "p1", "s3", "m2")).toEqual(Array(6).fill("stored"));
  await there.until(() => said(there).length === 5, "five");
  // Who was there has seen each of them.
  expect(said(there)).toEqual(["s1", "m1", "s2", "s3", "m2"]);
  const back = await Client.connect(away, { acks: true });
  await back.until(() => said(back).includes("m2"), "m2");
  expect(said(back)).toEqual(["m1", "p1", "t1", "s3", "m2"]);
  const seqOf = (id: string) => there.messages.find((message) => message.id === id)!.session_seq as number;
  expect(back.sessionGaps).toEqual(
    [seqOf("s1"), seqOf("s2")].map((seq) => ({
      session_id: sessionId,
      from_seq: seq,
      to_seq: seq,
      reason: "collapsed",
    })),
  );
  for (const client of [sender, there, back]) await client.close();
});
