/** A session and the objects of its members that are away: whether they want to be woken, and that they are. */
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from "vitest";
import type { SessionWake } from "../../../src/domain/push/session-wake.ts";
import { NodeObject } from "../../../src/durable/node.ts";
import type { PushHint } from "../../../src/protocol/push-hint.ts";
import { newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { query } from "../delivery/storage.ts";
import { app, as, created, evictSessions, infoOf, joined, left, revealed, stubOf } from "./calls.ts";

/** The objects of nodes as they are called; they want to hear of everything. */
let wake: MockInstance<NodeObject["wake"]>;

beforeEach(() => {
  wake = vi.spyOn(NodeObject.prototype, "wake").mockResolvedValue({ nextAt: 0 });
});

afterEach(() => void vi.restoreAllMocks());

/** What nodes were called with for a session, oldest first. */
const wakesOf = (sessionId: string): SessionWake[] =>
  wake.mock.calls.filter(([called]) => called === sessionId).map(([, told]) => told);

/** The owner, who speaks, and members that are away; they all want to be woken. */
async function scene(options: object = {}, ...members: object[]) {
  const [owner, ...others] = ["a", "b", "c", "d"].slice(0, members.length + 1).map((name) => newId(name));
  const sessionId = await created(owner!, { anyone_can_join: true, ...options });
  for (const [i, nodeId] of others.entries()) await joined(sessionId, nodeId, members[i]);
  for (const nodeId of others) await stubOf(sessionId).wakes(nodeId, true);
  return { sessionId, owner: owner!, others };
}

/** What the object of a node that is away and wants to be woken answers when it becomes a member. */
const WANTS = { ok: true, isOnline: false, isBehind: true, wakes: true } as const;

let said = 0;

/** As the object of a node that speaks there; answers once its fate is known. */
async function says(
  sessionId: string,
  src: string,
  { push, ...more }: { push?: PushHint; volatile?: boolean; member?: string; app?: true } = {},
): Promise<string> {
  const { volatile = false, member, app: isApp } = more;
  const id = `m${++said}`;
  const answer = await stubOf(sessionId).deliver({
    lane: `${src} ${id}`,
    src,
    first: 0,
    start: true,
    messages: [{ id, tail: `"type":7,"id":"${id}"}`, expiresAt: 0, volatile, push, toSession: { member, app: isApp } }],
  });
  if ("resync" in answer) throw new Error("not taken");
  return String(answer.statuses);
}

test("a member that is away is told of a message, and the sender does not wait for that", async () => {
  const { sessionId, owner } = await scene({}, {});
  const { promise: never } = Promise.withResolvers<{ nextAt: null }>();
  wake.mockReturnValue(never);
  const before = Date.now();
  expect(await says(sessionId, owner)).toBe("stored");
  await vi.waitFor(() => expect(wakesOf(sessionId).length).toBe(1));
  const [told] = wakesOf(sessionId);
  const { last_session_seq: seq } = await infoOf(sessionId, owner);
  expect(told).toEqual({ seq, type: 7, srcId: owner, at: expect.any(Number) as number });
  expect(told!.at).toBeGreaterThanOrEqual(before);
});

test("who is anonymous is not named, until it has revealed itself; an app node is", async () => {
  const { sessionId, owner, others } = await scene({}, {}, { is_anonymous: true });
  const wish = { title: "t" };
  await says(sessionId, others[1]!, { push: { wish, named: true } });
  await vi.waitFor(() => expect(wakesOf(sessionId).length).toBe(1));
  expect(wakesOf(sessionId)[0]).toMatchObject({ type: 7, wish });
  expect(wakesOf(sessionId)[0]!.srcId).toBeUndefined();
  // The one that spoke is away itself.
  await says(sessionId, owner, { member: others[0] });
  await vi.waitFor(() => expect(wakesOf(sessionId)[1]?.srcId).toBe(owner));
  await revealed(sessionId, others[1]!);
  await says(sessionId, others[1]!);
  // That it has revealed itself wakes nobody.
  await vi.waitFor(() => expect(wakesOf(sessionId)[2]?.srcId).toBe(others[1]));
  const { nodeId } = app();
  await says(sessionId, nodeId, { app: true, member: others[0] });
  await vi.waitFor(() => expect(wakesOf(sessionId)[3]?.srcId).toBe(nodeId));
});

test("those alone for whom it is, and not for what is volatile or wants no push", async () => {
  const { sessionId, owner, others } = await scene({}, {}, {});
  await says(sessionId, owner, { volatile: true });
  await says(sessionId, owner, { push: { off: true } });
  await says(sessionId, owner, { member: others[1], push: { wish: { body: "for c" } } });
  await says(sessionId, others[0]!);
  await vi.waitFor(() => expect(wakesOf(sessionId).length).toBe(2));
  expect(wakesOf(sessionId).map(({ srcId, wish }) => [srcId, wish?.body])).toEqual([
    [owner, "for c"],
    [others[0], undefined],
  ]);
});

test("nobody is woken for who comes and goes", async () => {
  const { sessionId, owner } = await scene({}, {}, {});
  const late = newId("late");
  await joined(sessionId, late);
  await left(sessionId, late);
  await says(sessionId, owner);
  await vi.waitFor(() => expect(wakesOf(sessionId).length).toBe(2));
  expect(wakesOf(sessionId).map(({ type }) => type)).toEqual([7, 7]);
});

test("in a game the master, and all of them for what the master says", async () => {
  const { sessionId, owner, others } = await scene({ session_type: 1 }, {}, {});
  await stubOf(sessionId).wakes(owner, true);
  await says(sessionId, others[0]!);
  await vi.waitFor(() => expect(wakesOf(sessionId).map(({ srcId }) => srcId)).toEqual([others[0]]));
  await says(sessionId, owner);
  await vi.waitFor(() => expect(wakesOf(sessionId).map(({ srcId }) => srcId)).toEqual([others[0], owner, owner]));
});

test("with the time that a node names it is left alone until then; where it wants no more, for good", async () => {
  const { sessionId, owner, others } = await scene({}, {}, {});
  const [b, c] = others;
  const wanting = () =>
    query<{ node_id: string }>(stubOf(sessionId), "SELECT node_id FROM member WHERE wakes = 1 ORDER BY position");
  expect(await wanting()).toEqual([{ node_id: b }, { node_id: c }]);
  wake.mockImplementation((_session, { wish }) =>
    Promise.resolve({ nextAt: wish?.body === "enough" ? null : Date.now() + 3_600_000 }),
  );
  await says(sessionId, owner, { member: b });
  await says(sessionId, owner, { member: c, push: { wish: { body: "enough" } } });
  await expect.poll(wanting).toEqual([{ node_id: b }]);
  for (let i = 0; i < 3; i++) await says(sessionId, owner);
  expect(wakesOf(sessionId).length).toBe(2);
  // What a node wants outlives the memory of the session's object; when it was last woken does not.
  await evictSessions(sessionId);
  await says(sessionId, owner);
  await vi.waitFor(() => expect(wakesOf(sessionId).length).toBe(3));
  await evictSessions(sessionId);
  expect(await wanting()).toEqual([{ node_id: b }]);
});

test("a node says so when it is made a member; of that it hears already, where another did it", async () => {
  const { sessionId, owner } = await scene();
  vi.spyOn(NodeObject.prototype, "sessionJoined").mockResolvedValue(WANTS);
  const [b, c] = [newId("b"), newId("c")];
  await joined(sessionId, b, {}, owner);
  await vi.waitFor(() => expect(wakesOf(sessionId).map(({ type }) => type)).toEqual([100]));
  expect(wakesOf(sessionId)[0]!.srcId).toBeUndefined();
  await joined(sessionId, c);
  await says(sessionId, owner);
  // The other's coming is no reason to wake this one.
  await vi.waitFor(() => expect(wakesOf(sessionId).map(({ type }) => type)).toEqual([100, 7, 7]));
  await evictSessions(sessionId);
  const members = await query(stubOf(sessionId), "SELECT node_id, wakes FROM member ORDER BY position");
  expect(members).toEqual([
    { node_id: owner, wakes: 0 },
    { node_id: b, wakes: 1 },
    { node_id: c, wakes: 1 },
  ]);
});

test("a member that could not be removed is woken for what was said meanwhile, once its object knows that it lacks that", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const { sessionId, owner, others } = await scene({}, {}, {});
  const { promise, reject } = Promise.withResolvers<void>();
  const dismissed = vi.spyOn(NodeObject.prototype, "sessionLeft").mockReturnValue(promise);
  const joinedAgain = vi.spyOn(NodeObject.prototype, "sessionJoined").mockResolvedValue(WANTS);
  const removal = as(owner, "DELETE", `/v1/sessions/${sessionId}/members/${others[0]}`);
  await vi.waitFor(() => expect(dismissed).toHaveBeenCalled());
  await says(sessionId, owner, { push: { wish: { body: "meanwhile" } } });
  // The other member is called in the same tick.
  await vi.waitFor(() => expect(wakesOf(sessionId).length).toBe(1));
  expect(joinedAgain).not.toHaveBeenCalled();
  reject(new Error("the node is down"));
  expect((await removal).status).toBe(503);
  await vi.waitFor(() => expect(wakesOf(sessionId).length).toBe(2));
  expect(joinedAgain).toHaveBeenCalledTimes(1);
  expect(wakesOf(sessionId)[1]).toEqual(wakesOf(sessionId)[0]);
});

test("whether the sender may be named is known of each message that is caught up with", async () => {
  const { sessionId, owner, others } = await scene({}, {}, { is_anonymous: true });
  await says(sessionId, owner, { push: { off: true } });
  await says(sessionId, others[1]!, { push: { wish: { body: "b" }, named: true } });
  await says(sessionId, others[1]!);
  await evictSessions(sessionId);
  const page = await stubOf(sessionId).catchUp(others[0]!, 1, false);
  if (page.gone) throw new Error("it is a member");
  const hints = page.messages.filter(({ tail }) => tail.includes('"type":7')).map(({ push }) => push);
  expect(hints).toEqual([{ off: true, named: true }, { wish: { body: "b" } }, undefined]);
});

test("a node that is not reached is called again, with the same", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const { sessionId, owner } = await scene({}, {});
  wake.mockRejectedValueOnce(new Error("the node is down"));
  await says(sessionId, owner);
  await vi.waitFor(() => expect(wakesOf(sessionId).length).toBe(2), { timeout: 5_000 });
  expect(wakesOf(sessionId)[1]).toEqual(wakesOf(sessionId)[0]);
});

test("nobody is called who does not want it, and nothing is kept of it", async () => {
  const { sessionId, owner, others } = await scene({}, {});
  await stubOf(sessionId).wakes(others[0]!, false);
  await joined(sessionId, newId("c"), {}, owner);
  expect(await says(sessionId, owner)).toBe("stored");
  await evictSessions(sessionId);
  expect(wakesOf(sessionId)).toEqual([]);
  expect(await query(stubOf(sessionId), "SELECT sum(wakes) AS wakes FROM member")).toEqual([{ wakes: 0 }]);
});

test("a member that is there is not, and what it gets says nothing of pushes", async () => {
  const { sessionId, owner, others } = await scene({}, {});
  const client = await Client.connect(others[0]!, { acks: true });
  expect(await says(sessionId, owner, { push: { wish: { title: "t" } } })).toBe("delivered");
  await client.until(() => client.messages.some(({ type }) => type === 7), "what was said");
  expect(client.messages.filter(({ type }) => type === 7).map((message) => "push" in message)).toEqual([false]);
  expect(wakesOf(sessionId)).toEqual([]);
  await client.close();
});

test("a node's object that nothing can be pushed to says so", async () => {
  wake.mockRestore();
  const { sessionId, owner, others } = await scene({}, {});
  await says(sessionId, owner);
  const kept = () => query(stubOf(sessionId), "SELECT wakes FROM member WHERE node_id = ?", others[0]!);
  await expect.poll(kept).toEqual([{ wakes: 0 }]);
});
