/** History (opt-in): new members get it as messages, in order; members and app nodes read it by HTTP, in pages. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { expectError, newId } from "../http/edge.ts";
import { Client, type Message } from "../delivery/client.ts";
import { answer, app, as, created, evictSessions, joined, logRows, say, type Who } from "./calls.ts";

const MINUTE_MS = 60_000;

// Objects run in the isolate of the tests, so this is their clock, too.
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

interface Page {
  messages: Message[];
  from_session_seq: number | null;
  to_session_seq: number | null;
  more: boolean;
}

const historyOf = (sessionId: string, by: string | Who, query: Record<string, string> = {}) =>
  answer<Page>(as(by, "GET", `/v1/sessions/${sessionId}/history?${new URLSearchParams(query)}`));

const ids = ({ messages }: Page) => messages.map(({ id, type }) => id ?? type);

/** An owner that is online, and says these. */
async function spoken(options: object, says: readonly string[]): Promise<{ sessionId: string; owner: Client }> {
  const nodeId = newId("owner");
  const sessionId = await created(nodeId, { anyone_can_join: true, ...options });
  const owner = await Client.connect(nodeId, { acks: true });
  for (const id of says) {
    owner.send(say(id, sessionId));
    await owner.settled(id);
  }
  return { sessionId, owner };
}

test("by count: the last so many, to a new member before anything else", async () => {
  const { sessionId, owner } = await spoken({ history_messages: 3 }, ["m1", "m2", "m3", "m4", "m5"]);
  const guest = await Client.connect(newId("guest"), { acks: true });
  await joined(sessionId, guest.nodeId);
  owner.send(say("m6", sessionId));
  await guest.until(() => guest.payloads.includes("m6"), "m6");
  expect(guest.messages.map(({ id }) => id)).toEqual(["m3", "m4", "m5", "m6"]);
  expect(guest.messages.map(({ session_seq }) => session_seq)).toEqual([3, 4, 5, 7]);
  expect(guest.sessionGaps).toEqual([]);
  // By then it is m5, the joining and m6 that are kept.
  expect(ids(await historyOf(sessionId, guest.nodeId))).toEqual(["m5", 100, "m6"]);
  await Promise.all([owner.close(), guest.close()]);
});

test("a new member that is away gets it when it comes", async () => {
  const { sessionId, owner } = await spoken({ history_messages: 2 }, ["m1", "m2", "m3"]);
  const guestId = newId("guest");
  await joined(sessionId, guestId);
  const guest = await Client.connect(guestId, { acks: true });
  await guest.received(2);
  expect(guest.payloads).toEqual(["m2", "m3"]);
  await Promise.all([owner.close(), guest.close()]);
});

test("by minutes: those of the last so many, however many they are", async () => {
  const { sessionId, owner } = await spoken({ history_minutes: 2 }, ["m1"]);
  vi.setSystemTime(Date.now() + MINUTE_MS);
  for (const id of ["m2", "m3"]) owner.send(say(id, sessionId));
  await owner.settled("m2", "m3");
  vi.setSystemTime(Date.now() + MINUTE_MS + 1);
  owner.send(say("m4", sessionId));
  await owner.settled("m4");
  const guest = await Client.connect(newId("guest"), { acks: true });
  await joined(sessionId, guest.nodeId);
  await guest.received(3);
  expect(guest.messages.map(({ id }) => id)).toEqual(["m2", "m3", "m4"]);
  expect((await logRows(sessionId)).map(({ id }) => id)[0]).toBe(2);
  await Promise.all([owner.close(), guest.close()]);
});

test("by both: what either keeps", async () => {
  const { sessionId, owner } = await spoken({ history_messages: 2, history_minutes: 1 }, ["m1", "m2", "m3"]);
  vi.setSystemTime(Date.now() + MINUTE_MS + 1);
  owner.send(say("m4", sessionId));
  await owner.settled("m4");
  expect(ids(await historyOf(sessionId, owner.nodeId))).toEqual(["m3", "m4"]);
  await owner.close();
});

test("volatile and expired messages are no history, and the sender's own are", async () => {
  const { sessionId, owner } = await spoken({ history_messages: 10 }, ["m1"]);
  owner.send(
    say("v1", sessionId, { volatile: true }),
    say("t1", sessionId, { ttl_ms: MINUTE_MS }),
    say("m2", sessionId),
  );
  await owner.settled("t1", "m2");
  expect(ids(await historyOf(sessionId, owner.nodeId))).toEqual(["m1", "t1", "m2"]);
  vi.setSystemTime(Date.now() + MINUTE_MS + 1);
  expect(ids(await historyOf(sessionId, owner.nodeId))).toEqual(["m1", "m2"]);
  await owner.close();
});

test("private messages are history to the two alone; an app node does not see them", async () => {
  const { sessionId, owner } = await spoken({ history_messages: 10 }, []);
  const [b, c] = [newId("b"), newId("c")];
  for (const nodeId of [b, c]) await joined(sessionId, nodeId);
  owner.send(say("p1", sessionId, { dest_id: b }), say("m1", sessionId));
  await owner.settled("p1", "m1");
  const seen = async (by: string | Who) => ids(await historyOf(sessionId, by)).filter((id) => typeof id === "string");
  expect(await seen(owner.nodeId)).toEqual(["p1", "m1"]);
  expect(await seen(b)).toEqual(["p1", "m1"]);
  expect(await seen(c)).toEqual(["m1"]);
  expect(await seen(app())).toEqual(["m1"]);
  const late = await Client.connect(newId("late"), { acks: true });
  await joined(sessionId, late.nodeId);
  await late.until(() => late.payloads.includes("m1"), "m1");
  expect(late.payloads).not.toContain("p1");
  await Promise.all([owner.close(), late.close()]);
});

test("pages, by bounds, limit and order, through an eviction", async () => {
  const says = Array.from({ length: 12 }, (_, i) => `m${i + 1}`);
  const { sessionId, owner } = await spoken({ history_messages: 10 }, says);
  const { nodeId } = owner;
  const whole = await historyOf(sessionId, nodeId);
  expect(ids(whole)).toEqual(says.slice(2));
  expect(whole).toMatchObject({ from_session_seq: 3, to_session_seq: 12, more: false });
  expect(whole.messages[0]).toEqual({
    src_id: nodeId,
    timestamp: expect.any(Number),
    session_seq: 3,
    id: "m3",
    dest_session_id: sessionId,
    type: 1,
    payload: "m3",
  });
  await evictSessions(sessionId);
  const page = await historyOf(sessionId, nodeId, { limit: "4" });
  expect(ids(page)).toEqual(["m3", "m4", "m5", "m6"]);
  expect(page).toMatchObject({ from_session_seq: 3, to_session_seq: 6, more: true });
  const rest = await historyOf(sessionId, nodeId, { from_session_seq: "7", to_session_seq: "11" });
  expect(ids(rest)).toEqual(["m7", "m8", "m9", "m10", "m11"]);
  expect(rest.more).toBe(false);
  const newest = await historyOf(sessionId, nodeId, { order: "desc", limit: "3" });
  expect(ids(newest)).toEqual(["m12", "m11", "m10"]);
  expect(newest).toMatchObject({ from_session_seq: 10, to_session_seq: 12, more: true });
  const last = await historyOf(sessionId, nodeId, { order: "desc", to_session_seq: "4" });
  expect(ids(last)).toEqual(["m4", "m3"]);
  expect(last.more).toBe(false);
  expect(await historyOf(sessionId, nodeId, { from_session_seq: "50" })).toEqual({
    messages: [],
    from_session_seq: null,
    to_session_seq: null,
    more: false,
  });
  await owner.close();
});

test("a page has 100 messages at most", async () => {
  const nodeId = newId("owner");
  const sessionId = await created(nodeId, { history_messages: 200 });
  const owner = await Client.connect(nodeId, { acks: true });
  const says = Array.from({ length: 101 }, (_, i) => `m${i}`);
  owner.send(...says.map((id) => say(id, sessionId)));
  await owner.settled(...says);
  const page = await historyOf(sessionId, nodeId);
  expect(ids(page)).toEqual(says.slice(0, 100));
  expect(page.more).toBe(true);
  await owner.close();
});

test.each([
  ["limit", "0"],
  ["limit", "101"],
  ["limit", "few"],
  ["order", "up"],
  ["from_session_seq", "-1"],
  ["to_session_seq", "x"],
])("a wrong %s is named: %s", async (field, value) => {
  const owner = newId("owner");
  const sessionId = await created(owner, { history_messages: 1 });
  const response = await as(owner, "GET", `/v1/sessions/${sessionId}/history?${field}=${value}`);
  expect(await expectError(response, "BAD_REQUEST")).toContain(field);
});

test("a session without it says so, and a new member gets nothing of before", async () => {
  const { sessionId, owner } = await spoken({}, ["m1"]);
  await expectError(await as(owner.nodeId, "GET", `/v1/sessions/${sessionId}/history`), "NO_HISTORY");
  const guest = await Client.connect(newId("guest"), { acks: true });
  await joined(sessionId, guest.nodeId);
  owner.send(say("m2", sessionId));
  await guest.received(1);
  expect(guest.payloads).toEqual(["m2"]);
  expect(await logRows(sessionId)).toEqual([]);
  await Promise.all([owner.close(), guest.close()]);
});
