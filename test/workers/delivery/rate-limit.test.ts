/** A burst goes through at once, a little more is delayed, more than that is refused by name, and no end of it closes. */
import { expect, test } from "vitest";
import { CLOSE } from "../../../src/protocol/close-codes.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";

const BURST = LIMITS.messagesPerSecond * LIMITS.burstFactor;
const PACED = (LIMITS.messagesPerSecond * LIMITS.maxPacedMs) / 1_000;
const TOKEN_MS = 1_000 / LIMITS.messagesPerSecond;

const idsFrom = (from: number, count: number) => Array.from({ length: count }, (_, i) => `m${from + i}`);

function sendAll(sender: Client, dest: string, ids: readonly string[]): void {
  for (let i = 0; i < ids.length; i += LIMITS.maxMessagesPerFrame) {
    const frame = ids.slice(i, i + LIMITS.maxMessagesPerFrame);
    sender.send(...frame.map((id) => ({ id, dest_id: dest, type: 1 })));
  }
}

const settledCount = (client: Client) => client.acks.length + client.errors.length;

/** All that waits in an inbox, oldest first. */
async function inboxOf(nodeId: string): Promise<{ id: string; timestamp: number }[]> {
  const all: { id: string; timestamp: number }[] = [];
  for (let fromSeq = 0, more = true; more;) {
    const page = await env.NODE.getByName(nodeId).readInbox({ order: "asc", fromSeq });
    all.push(...page.messages.map((text) => JSON.parse(text) as { id: string; timestamp: number }));
    more = page.more;
    fromSeq = (page.to_seq ?? 0) + 1;
  }
  return all;
}

test("messages: burst, pace, refusal", async () => {
  const away = newId("away");
  const sender = await Client.connect(newId("a"));
  const ids = idsFrom(1, BURST + PACED + 200);
  const startedAt = Date.now();
  sendAll(sender, away, ids);
  await sender.until(() => settledCount(sender) === ids.length, "an answer to each");
  const earned = Math.ceil((Date.now() - startedAt) / TOKEN_MS);

  const refused = sender.errors.map(({ id }) => id);
  expect(new Set(sender.errors.map(({ code, temporary }) => `${code} ${temporary}`))).toEqual(
    new Set(["RATE_LIMITED true"]),
  );
  const taken = ids.filter((id) => !refused.includes(id));
  expect(new Set(refused).size).toBe(refused.length);
  expect(taken.slice(0, BURST + PACED)).toEqual(ids.slice(0, BURST + PACED));
  expect(taken.length).toBeLessThanOrEqual(BURST + PACED + earned);
  expect(new Set(sender.acks.map(([id]) => id))).toEqual(new Set(taken));

  const arrived = await inboxOf(away);
  expect(arrived.map(({ id }) => id)).toEqual(taken);
  // The edge stamps a message when it lets it go on: the burst frame by frame, the rest one by one.
  const stamps = arrived.map(({ timestamp }) => timestamp);
  expect(new Set(stamps.slice(0, BURST)).size).toBeLessThanOrEqual(Math.ceil(BURST / LIMITS.maxMessagesPerFrame));
  const early = stamps.filter((stamp, i) => stamp < stamps[0]! + Math.floor((i + 1 - BURST) * TOKEN_MS));
  expect(early).toEqual([]);
  await sender.close();
});

test("bytes: burst, pace, refusal", async () => {
  const away = newId("away");
  const sender = await Client.connect(newId("a"));
  // A second's worth each: two make the burst, two more are delayed.
  const say = (id: string) => {
    const message = { id, dest_id: away, type: 1, payload: "" };
    const room = LIMITS.bytesPerSecond - JSON.stringify(message).length;
    return { ...message, payload: "x".repeat(room) };
  };
  for (const id of ["b1", "b2", "b3", "b4", "b5"]) sender.send(say(id));
  expect(await sender.settled("b1", "b2", "b3", "b4", "b5")).toEqual([...Array<string>(4).fill("stored"), undefined]);
  expect(sender.errors).toMatchObject([{ code: "RATE_LIMITED", id: "b5" }]);
  const arrived = await inboxOf(away);
  expect(arrived.map(({ id }) => id)).toEqual(["b1", "b2", "b3", "b4"]);
  const since = arrived.map(({ timestamp }) => timestamp - arrived[0]!.timestamp);
  expect(since[1]).toBeLessThan(1_000);
  expect(since[2]).toBeGreaterThanOrEqual(1_000);
  expect(since[3]).toBeGreaterThanOrEqual(2_000);
  await sender.close();
});

test("2,000 refusals are borne, more within ten seconds close the connection", async () => {
  const away = newId("away");
  const sender = await Client.connect(newId("a"));
  const borne = idsFrom(1, BURST + PACED + LIMITS.maxRateViolations);
  sendAll(sender, away, borne);
  await sender.until(() => settledCount(sender) === borne.length, "an answer to each");
  expect(sender.closeCode).toBeUndefined();
  expect(sender.errors.length).toBeLessThanOrEqual(LIMITS.maxRateViolations);
  expect(sender.errors.length).toBeGreaterThan(LIMITS.maxRateViolations / 2);

  const taken = sender.acks.map(([id]) => id);
  let next = borne.length + 1;
  const last = next + LIMITS.maxRateViolations + BURST + PACED;
  for (; next < last; next += LIMITS.maxMessagesPerFrame) {
    sendAll(sender, away, idsFrom(next, LIMITS.maxMessagesPerFrame));
  }
  expect(await sender.closed()).toBe(CLOSE.RATE_LIMITED);
  expect(sender.errors.length).toBeGreaterThan(LIMITS.maxRateViolations);
  expect(new Set(sender.errors.map(({ code }) => code))).toEqual(new Set(["RATE_LIMITED"]));

  // What was taken is kept; the next connection starts afresh.
  const again = await Client.connect(sender.nodeId);
  again.send({ id: "again", dest_id: away, type: 1 });
  expect(await again.settled("again")).toEqual(["stored"]);
  const arrived = (await inboxOf(away)).map(({ id }) => id);
  expect(arrived.slice(0, taken.length)).toEqual(taken);
  const refused = new Set(sender.errors.map(({ id }) => id));
  expect(arrived.filter((id) => refused.has(id))).toEqual([]);
  await again.close();
});
