/** Pushes for what is said in sessions: who is woken, how often, and what no push ever tells. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Edge } from "../support/edge.ts";
import { register, startEdgeWithPush, until } from "../support/push/edge-with-push.ts";
import { startWebhookDouble, type WebhookDouble } from "../support/push/webhook-double.ts";
import { V1Client, type V1Options } from "../support/v1-client.ts";

const THROTTLE_MS = 3_000;

let edge: Edge;
let hook: WebhookDouble;

beforeAll(async () => {
  hook = await startWebhookDouble();
  edge = await startEdgeWithPush({
    ALLSPARK_PUSH_DELAY_MS: "2000",
    ALLSPARK_PUSH_THROTTLE_MS: String(THROTTLE_MS),
  });
});

afterAll(async () => {
  await edge.close();
  await hook.close();
});

const connect = (nodeId: string, options: Partial<V1Options> = {}): Promise<V1Client> =>
  V1Client.connect({ url: edge.url, key: edge.key(nodeId), ...options });

const pushesTo = (nodeId: string) =>
  hook.deliveries.map(({ payload }) => payload.data).filter((data) => data["node_id"] === nodeId);

const untilPushed = (nodeId: string, count: number) =>
  until(() => pushesTo(nodeId).length >= count, THROTTLE_MS + 8_000, `${count} pushes to ${nodeId}`);

/** It acks what it has, and goes. */
async function leave(client: V1Client): Promise<void> {
  client.ack(client.lastSeq);
  await client.close();
}

async function create(owner: string, options: object = {}): Promise<string> {
  const { status, body } = await edge.call<{ session_id: string }>("POST", "/v1/sessions", edge.key(owner), options);
  expect(status).toBe(201);
  return body.session_id;
}

async function enter(sessionId: string, by: string, nodeId: string, options: object = {}): Promise<string | null> {
  const path = `/v1/sessions/${sessionId}/members/${nodeId}`;
  const { status, body } = await edge.call<[string, string | null]>("PUT", path, edge.key(by), options);
  expect(status).toBe(200);
  return body[1];
}

/** A message, from beginning to end: what was to be pushed before it was. */
async function untilMarkerIsPushed(name: string): Promise<void> {
  await register(edge, name, hook.target);
  const sender = await connect(`sender-to-${name}`);
  sender.send({ id: "m", dest_id: name });
  await untilPushed(name, 1);
  await sender.close();
}

test("members that are away are pushed to: one that was added while away, and one that has left", async () => {
  const owner = await connect("olga");
  await Promise.all([register(edge, "added", hook.target), register(edge, "left", hook.target)]);
  const room = await create("olga");
  const left = await connect("left");
  await enter(room, "olga", "left");
  await left.received(1, 5_000);
  await leave(left);
  await enter(room, "olga", "added");
  // It is told, by its own 100, that it is a member now.
  await untilPushed("added", 1);
  expect(pushesTo("added")).toMatchObject([{ type: 100, title: "You were added to a session", session_id: room }]);
  expect(pushesTo("added")[0]).not.toHaveProperty("src_id");
  for (let i = 0; i < 50; i++) owner.send({ id: `m${i}`, dest_session_id: room, type: 7, payload: i });
  await owner.settled(5_000);
  await Promise.all([untilPushed("left", 1), untilPushed("added", 2)]);
  const said = { src_id: "olga", session_id: room, type: 7, title: "New message" };
  expect(pushesTo("added")[1]).toMatchObject(said);
  // It was not pushed to for the other's coming.
  expect(pushesTo("left")[0]).toMatchObject(said);
  for (const nodeId of ["added", "left"]) {
    const times = hook.deliveries.filter(({ payload }) => payload.data["node_id"] === nodeId).map((at) => at.timestamp);
    for (const [i, at] of times.slice(1).entries()) {
      expect(at - times[i]!).toBeGreaterThanOrEqual(THROTTLE_MS / 1_000 - 1);
    }
  }
  // It wakes up and gets everything.
  const added = await connect("added");
  await added.until(() => added.messages.filter(({ type }) => type === 7).length === 50, 10_000, "fifty messages");
  await Promise.all([owner.close(), added.close()]);
  expect(hook.faults).toEqual([]);
});

test("a member with nothing to be woken by costs no call; once it has a target, it is woken", async () => {
  const owner = await connect("otto");
  const room = await create("otto");
  await enter(room, "otto", "late");
  const calls = async (): Promise<number> => {
    const { body } = await edge.call<{ log: { calls: number } }>(
      "GET",
      `/v1/sessions/${room}`,
      edge.key("backend", { app: true }),
    );
    return body.log.calls;
  };
  const before = await calls();
  for (let i = 0; i < 20; i++) owner.send({ id: `m${i}`, dest_session_id: room, payload: i });
  await owner.settled(5_000);
  expect(await calls()).toBe(before);
  await register(edge, "late", hook.target);
  await until(
    async () => {
      owner.send({ id: `n${Date.now()}`, dest_session_id: room, type: 5, push: { title: "Late?" } });
      await owner.settled(5_000);
      return pushesTo("late").length > 0;
    },
    10_000,
    "a push",
  );
  expect(pushesTo("late")[0]).toMatchObject({ title: "Late?", src_id: "otto", session_id: room });
  await owner.close();
});

test("a private message wakes its recipient alone, and one without a push nobody", async () => {
  const owner = await connect("pia");
  const room = await create("pia");
  for (const nodeId of ["meant", "other"]) {
    await register(edge, nodeId, hook.target);
    await enter(room, "pia", nodeId);
  }
  await Promise.all([untilPushed("meant", 1), untilPushed("other", 1)]);
  // They have what came with their joining, and nothing waits any more.
  for (const [nodeId, notices] of [
    ["meant", 2],
    ["other", 1],
  ] as const) {
    const woken = await connect(nodeId);
    await woken.received(notices, 5_000);
    await leave(woken);
  }
  const before = pushesTo("other").length;
  owner.send({ id: "q", dest_session_id: room, type: 8, push: false });
  owner.send({ id: "p", dest_session_id: room, dest_id: "meant", type: 9 });
  await owner.settled(5_000);
  await until(() => pushesTo("meant").some(({ type }) => type === 9), THROTTLE_MS + 8_000, "the private one's push");
  await untilMarkerIsPushed("marker");
  expect(pushesTo("meant").some(({ type }) => type === 8)).toBe(false);
  expect(pushesTo("other")).toHaveLength(before);
  await owner.close();
});

test("no byte of a push says who an anonymous member is, by either name", async () => {
  const SECRET = "the-real-id-of-nobody";
  const owner = await connect("quin");
  const room = await create("quin", { anyone_can_join: true });
  for (const nodeId of ["away", "deaf"]) await register(edge, nodeId, hook.target);
  await enter(room, "quin", "away");
  const deaf = await connect("deaf", { acks: "silent" });
  await enter(room, "quin", "deaf");
  const masked = await connect(SECRET);
  const mask = await enter(room, SECRET, SECRET, { is_anonymous: true });
  expect(mask).toMatch(/^anon-/);
  for (let i = 0; i < 5; i++) masked.send({ id: `m${i}`, dest_session_id: room, type: 3, payload: i });
  await masked.settled(10_000);
  await until(
    () => pushesTo("away").some(({ type }) => type === 3),
    THROTTLE_MS * 2 + 8_000,
    "a push for what it said",
  );
  // Sent to it, not acked, and stored: such messages go another way.
  await until(() => pushesTo("deaf").length > 0, THROTTLE_MS + 8_000, "a push to one that does not ack");
  await masked.close();
  const left = await edge.call("DELETE", `/v1/sessions/${room}/members/${SECRET}`, edge.key(SECRET));
  expect(left.status).toBe(200);
  await untilMarkerIsPushed("marker-of-leaving");
  const bytes = hook.calls
    .map(({ path, headers, body }) => path + JSON.stringify(headers) + body.toString())
    .join("\n");
  expect(bytes).toContain(room);
  expect(bytes).not.toContain(SECRET);
  expect(bytes).not.toContain(mask);
  await Promise.all([owner.close(), deaf.close()]);
  expect(hook.faults).toEqual([]);
});

test("in a game a player's message wakes the master alone", async () => {
  await Promise.all(["master", "player"].map((nodeId) => register(edge, nodeId, hook.target)));
  const one = await connect("one");
  const game = await create("master", { session_type: 1, anyone_can_join: true });
  await enter(game, "master", "player");
  await enter(game, "one", "one");
  await untilPushed("player", 1);
  one.send({ id: "move", dest_session_id: game, type: 4, payload: "e4" });
  await one.settled(5_000);
  await until(() => pushesTo("master").some(({ type }) => type === 4), THROTTLE_MS * 2 + 8_000, "the master's push");
  await untilMarkerIsPushed("marker-of-the-game");
  expect(pushesTo("player").some(({ type }) => type === 4)).toBe(false);
  await one.close();
});
