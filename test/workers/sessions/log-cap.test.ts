/** A log that is full, or too old, loses its oldest messages; who lacked them is told of the hole, once. */
import { encodeLogRow } from "../../../src/domain/session/log-row.ts";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { noticeTail } from "../../../src/domain/session/session-text.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { query } from "../delivery/storage.ts";
import { created, evictSessions, joined, logRows, memberRow, say, stubOf } from "./calls.ts";

const ROW = 250;

/** A session of two, one of whom is away and lacks `count` messages, which stand in the log as if they had been said. */
async function behindBy(count: number, payload = ""): Promise<{ sessionId: string; away: string; sender: Client }> {
  const [a, b] = [newId("a"), newId("b")];
  const sessionId = await created(a, { anyone_can_join: true });
  await joined(sessionId, b);
  const sender = await Client.connect(a, { acks: true });
  await sender.received(1);
  await expect.poll(async () => (await memberRow(sessionId, a))!.behind_from).toBeNull();
  await runInDurableObject(stubOf(sessionId), (_object, { storage: { sql } }) => {
    // What the second one is not told: of its own coming.
    sql.exec("DELETE FROM log");
    for (let seq = 2; seq < count + 2; seq += ROW) {
      const entries = Array.from({ length: Math.min(ROW, count + 2 - seq) }, (_, i) => ({
        seq: seq + i,
        id: `filler\n${seq + i}`,
        tail: noticeTail(
          { type: 1, subject: "filler", sessionId, payload: `${seq + i}${payload}` },
          Date.now(),
          seq + i,
        ),
        expiresAt: 0,
      }));
      const bytes = entries.reduce((sum, { tail }) => sum + tail.length, 0);
      const [from, to] = [seq, entries.at(-1)!.seq];
      sql.exec(
        "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)",
        from,
        to,
        entries.length,
        bytes,
        Date.now(),
        encodeLogRow(entries),
      );
    }
    sql.exec("UPDATE session SET seq_reserved = ?", count + 1);
  });
  await evictSessions(sessionId);
  return { sessionId, away: b, sender };
}

const held = async (sessionId: string) => (await logRows(sessionId)).reduce((sum, { count }) => sum + count, 0);

test("10,000 messages are kept, and one more costs the oldest row", { timeout: 60_000 }, async () => {
  const { sessionId, away, sender } = await behindBy(9_999);
  sender.send(say("reaches", sessionId));
  expect(await sender.settled("reaches")).toEqual(["stored"]);
  expect(await held(sessionId)).toBe(10_000);
  sender.send(say("passes", sessionId));
  expect(await sender.settled("passes")).toEqual(["stored"]);
  expect(await held(sessionId)).toBe(10_001 - ROW);

  const member = await Client.connect(away, { acks: true });
  await member.until(() => member.payloads.includes("passes"), "the newest", 30_000);
  expect(member.sessionGaps).toEqual([{ session_id: sessionId, from_seq: 1, to_seq: ROW + 1, reason: "cap" }]);
  const said = member.messages.filter(({ type }) => type === 1).map(({ payload }) => payload);
  const fillers = Array.from({ length: 9_999 - ROW }, (_, i) => String(i + ROW + 2));
  expect(said).toEqual([...fillers, "reaches", "passes"]);
  // The gap has its place before what is left, and comes once.
  const gapAt = member.seen.findIndex(({ type }) => type === -7);
  expect(member.seen.slice(0, gapAt).some(({ type }) => type === 1)).toBe(false);
  await expect.poll(() => held(sessionId)).toBe(0);
  await member.close();
  const again = await Client.connect(away, { acks: true });
  sender.send(say("later", sessionId));
  await again.received(1);
  expect(again.sessionGaps).toEqual([]);
  await Promise.all([sender.close(), again.close()]);
});

test("64 MiB are kept at most", { timeout: 60_000 }, async () => {
  const { sessionId, away, sender } = await behindBy(1);
  const bytes = async () =>
    (await query<{ bytes: number }>(stubOf(sessionId), "SELECT sum(bytes) AS bytes FROM log"))[0]!.bytes;
  // As if the one row were almost all that fits; a message of this size has some hundred characters around it.
  const payload = "x".repeat(1_000);
  await query(stubOf(sessionId), "UPDATE log SET bytes = ?", LIMITS.sessionLogBytes - 4_000);
  await evictSessions(sessionId);
  sender.send(say("fits", sessionId, { payload }));
  await sender.settled("fits");
  expect((await logRows(sessionId)).length).toBe(2);
  expect(await bytes()).toBeLessThanOrEqual(64 * 1024 * 1024);
  sender.send(say("too much", sessionId, { payload: payload.repeat(4) }));
  await sender.settled("too much");
  expect((await logRows(sessionId)).length).toBe(2);
  const member = await Client.connect(away, { acks: true });
  await member.until(() => member.messages.some(({ id }) => id === "too much"), "the newest");
  expect(member.sessionGaps).toEqual([{ session_id: sessionId, from_seq: 1, to_seq: 2, reason: "cap" }]);
  expect(member.messages.filter(({ type }) => type === 1).map(({ id }) => id)).toEqual(["fits", "too much"]);
  await Promise.all([sender.close(), member.close()]);
});

test("after 30 days the alarm drops what is left; the gap may be all that comes", async () => {
  const { sessionId, away, sender } = await behindBy(3);
  const day = 24 * 3_600_000;
  await query(stubOf(sessionId), "UPDATE log SET written_at = written_at - ?", 30 * day - 60_000);
  await evictSessions(sessionId);
  await runDurableObjectAlarm(stubOf(sessionId));
  expect(await held(sessionId)).toBe(3);
  await query(stubOf(sessionId), "UPDATE log SET written_at = written_at - 60001");
  await evictSessions(sessionId);
  expect(await runDurableObjectAlarm(stubOf(sessionId))).toBe(true);
  expect(await held(sessionId)).toBe(0);
  const member = await Client.connect(away, { acks: true });
  await member.until(() => member.sessionGaps.length > 0, "the gap");
  expect(member.sessionGaps).toEqual([{ session_id: sessionId, from_seq: 1, to_seq: 4, reason: "expired" }]);
  sender.send(say("next", sessionId));
  expect(await sender.settled("next")).toEqual(["delivered"]);
  expect(member.payloads.at(-1)).toBe("next");
  await Promise.all([sender.close(), member.close()]);
});
