/** Over a socket, types 100, 103 and 104 join, leave and reveal, as the HTTP calls do (PROTOCOL §5). */
import { expect, test } from "vitest";
import { newId } from "../http/edge.ts";
import { Client, type Message } from "../delivery/client.ts";
import { created, infoOf, joined, say } from "./calls.ts";

const MODES = ["v1", "classic"] as const;

const ask = (id: string, type: 100 | 103 | 104, sessionId: string, payload?: object) => ({
  id,
  type,
  dest_session_id: sessionId,
  payload,
});

/** A message without what differs from run to run. */
function bare({ seq: _seq, timestamp: _timestamp, session_seq: _sessionSeq, ...rest }: Message): object {
  return rest;
}

/** An open session, and its owner, who is online. */
async function openSession(): Promise<{ sessionId: string; owner: Client }> {
  const nodeId = newId("owner");
  const sessionId = await created(nodeId, { anyone_can_join: true });
  return { sessionId, owner: await Client.connect(nodeId, { acks: true }) };
}

test.each(MODES)("%s: join, reveal and leave, each told to the others", async (mode) => {
  const { sessionId, owner } = await openSession();
  const guest = await Client.connect(newId("guest"), { mode });
  guest.send(ask("j", 100, sessionId, { anonymous_id: "mask" }));
  await owner.received(1);
  // As others are told of it; it is not read.
  guest.send({ ...ask("r", 104, sessionId), payload: guest.nodeId });
  await owner.received(2);
  guest.send(ask("l", 103, sessionId));
  await owner.received(3);
  const { nodeId } = guest;
  expect(owner.messages.map(bare)).toEqual([
    { src_id: "mask", type: 100, dest_session_id: sessionId },
    { src_id: "mask", type: 104, dest_session_id: sessionId, payload: nodeId },
    { src_id: nodeId, type: 103, dest_session_id: sessionId },
  ]);
  expect(owner.messages.map(({ session_seq }) => session_seq)).toEqual([1, 2, 3]);
  expect((await infoOf(sessionId, owner.nodeId)).members).toHaveLength(1);
  // Who asked is told of nothing but, on v1, that it was done.
  const pong = say("p", sessionId);
  guest.send(pong);
  await guest.until(() => guest.seen.some(({ type }) => type === -5), "-5");
  const acked = mode === "v1" ? ["j", "r", "l"].map((id) => [id, "delivered"]) : [];
  expect(guest.acks).toEqual(acked);
  expect(guest.messages).toEqual([]);
  await Promise.all([owner.close(), guest.close()]);
});

test("join and speak in one frame, then leave and be refused in the next", async () => {
  const { sessionId, owner } = await openSession();
  const guest = await Client.connect(newId("guest"));
  guest.send(ask("j", 100, sessionId), say("m1", sessionId), say("m2", sessionId));
  expect(await guest.settled("j", "m1", "m2")).toEqual(["delivered", "delivered", "delivered"]);
  guest.send(say("m3", sessionId), ask("l", 103, sessionId), say("m4", sessionId));
  expect(await guest.settled("m3", "l")).toEqual(["delivered", "delivered"]);
  await guest.until(() => guest.seen.some(({ type, id }) => type === -5 && id === "m4"), "-5 for m4");
  await owner.received(5);
  expect(owner.messages.map(({ type, id }) => id ?? type)).toEqual([100, "m1", "m2", "m3", 103]);
  expect(guest.statusOf("m4")).toBeUndefined();
  await Promise.all([owner.close(), guest.close()]);
});

test.each(MODES)("%s: a stranger, and who names a session that is not there, get the same -5", async (mode) => {
  const ownerId = newId("owner");
  const shut = await created(ownerId);
  const stranger = await Client.connect(newId("stranger"), { mode });
  for (const sessionId of [shut, newId("none")]) {
    const before = stranger.seen.length;
    for (const message of [
      say("m", sessionId),
      say("p", sessionId, { dest_id: ownerId }),
      ask("j", 100, sessionId),
      ask("r", 104, sessionId),
      ask("a", 100, sessionId, { node_id: newId("other") }),
      ask("l", 103, sessionId),
      ask("o", 103, sessionId, { node_id: ownerId }),
    ]) {
      const seen = stranger.seen.length;
      stranger.send(message);
      await stranger.until(() => stranger.seen.length > seen, `an answer to ${message.id}`);
    }
    const answers = stranger.seen.slice(before);
    expect(answers.map(({ id }) => id)).toEqual(["m", "p", "j", "r", "a", "l", "o"]);
    for (const { id, ...rest } of answers) {
      expect(rest).toEqual({
        type: -5,
        dest_session_id: sessionId,
        payload: { code: "SESSION_UNAUTHORIZED", message: expect.any(String), temporary: false, id },
      });
    }
  }
  expect((await infoOf(shut, ownerId)).member_count).toBe(1);
  await stranger.close();
});

test.each(MODES)(
  "%s: whoever has left already is told that it is no member; the same request again is not",
  async (mode) => {
    const { sessionId, owner } = await openSession();
    const guest = await Client.connect(newId("guest"), { mode });
    await joined(sessionId, guest.nodeId);
    for (const id of ["l1", "l1", "l2"]) guest.send(ask(id, 103, sessionId));
    const refused = () => guest.seen.filter(({ type }) => type === -5).map(({ id }) => id);
    await guest.until(() => refused().length > 0, "-5");
    expect(refused()).toEqual(["l2"]);
    expect(guest.acks.map(([id]) => id)).toEqual(mode === "v1" ? ["l1", "l1"] : []);
    await owner.until(() => owner.messages.some(({ type }) => type === 103), "103");
    expect(owner.messages.map(({ type }) => type)).toEqual([100, 103]);
    await Promise.all([owner.close(), guest.close()]);
  },
);

test("an anonymous member leaves under its anonymous name, too", async () => {
  const { sessionId, owner } = await openSession();
  const guest = await Client.connect(newId("guest"));
  guest.send(ask("j", 100, sessionId, { anonymous_id: "mask" }), ask("l", 103, sessionId, { node_id: "mask" }));
  expect(await guest.settled("j", "l")).toEqual(["delivered", "delivered"]);
  await owner.received(2);
  expect(owner.messages.map(({ type, src_id }) => [type, src_id])).toEqual([
    [100, "mask"],
    [103, "mask"],
  ]);
  // It did so itself, so it is not told that somebody removed it.
  expect(guest.messages).toEqual([]);
  await Promise.all([owner.close(), guest.close()]);
});

test("the owner takes in and removes others; they are told", async () => {
  const { sessionId, owner } = await openSession();
  const [known, masked] = [newId("known"), newId("masked")];
  const members = await Promise.all([known, masked].map((nodeId) => Client.connect(nodeId, { acks: true })));
  owner.send(
    ask("a", 100, sessionId, { node_id: known }),
    ask("b", 100, sessionId, { node_id: masked, anonymous_id: "mask" }),
    ask("c", 103, sessionId, { node_id: "mask" }),
    ask("d", 103, sessionId, { node_id: known }),
  );
  expect(await owner.settled("a", "b", "c", "d")).toEqual(Array(4).fill("delivered"));
  await members[0]!.received(4);
  await members[1]!.received(2);
  await owner.received(4);
  const told = (client: Client) => client.messages.map(bare);
  const notice = (type: number, src_id: string, more: object = {}) => ({
    src_id,
    type,
    dest_session_id: sessionId,
    ...more,
  });
  const removed = { payload: { reason: "removed" } };
  expect(told(members[0]!)).toEqual([
    notice(100, known),
    notice(100, "mask"),
    notice(103, "mask"),
    notice(103, known, removed),
  ]);
  expect(told(members[1]!)).toEqual([notice(100, "mask"), notice(103, "mask", removed)]);
  // About oneself it is no part of the session's order.
  expect(members[1]!.messages.map(({ session_seq }) => session_seq)).toEqual([2, undefined]);
  expect(told(owner)).toEqual([notice(100, known), notice(100, "mask"), notice(103, "mask"), notice(103, known)]);
  for (const client of [owner, ...members]) await client.close();
});

test.each(MODES)("%s: what the payload does not hold is read beside it; the payload wins", async (mode) => {
  const { sessionId, owner } = await openSession();
  const guest = await Client.connect(newId("guest"), { mode });
  const { nodeId } = guest;
  const join = { type: 100, dest_session_id: sessionId };
  const asks: [object, expected: unknown][] = [
    [{ anonymous_id: "beside" }, "beside"],
    [{ anonymous_id: "beside", payload: {} }, "beside"],
    [{ anonymous_id: "beside", payload: { anonymous_id: null } }, "beside"],
    [{ anonymous_id: "beside", payload: "of the app" }, "beside"],
    [{ anonymous_id: "beside", payload: { anonymous_id: "inside" } }, "inside"],
    [{ anonymous_id: "beside", payload: '{"anonymous_id":"inside"}' }, "inside"],
    [{ is_anonymous: true }, expect.stringMatching(/^anon-/)],
    [{ is_anonymous: "TRUE", payload: [1] }, expect.stringMatching(/^anon-/)],
    [{ is_anonymous: true, payload: { is_anonymous: false } }, nodeId],
    [{ is_anonymous: false, payload: "of the app" }, nodeId],
    [{ node_id: nodeId }, nodeId],
  ];
  for (const [i, [ask, name]] of asks.entries()) {
    guest.send({ id: `j${i}`, ...join, ...ask });
    await owner.received(2 * i + 1);
    guest.send({ id: `l${i}`, type: 103, dest_session_id: sessionId });
    await owner.received(2 * i + 2);
    const told = owner.messages.slice(-2).map(({ type, src_id }) => [type, src_id]);
    expect([ask, ...told]).toEqual([ask, [100, name], [103, name]]);
  }
  expect(guest.errors).toEqual([]);
  await Promise.all([owner.close(), guest.close()]);
});

test("the owner names others beside the payload, too", async () => {
  const { sessionId, owner } = await openSession();
  const other = newId("other");
  const ask = { dest_session_id: sessionId, node_id: other };
  owner.send({ id: "a", type: 100, ...ask }, { id: "b", type: 103, ...ask, payload: "of the app" });
  expect(await owner.settled("a", "b")).toEqual(["delivered", "delivered"]);
  await owner.received(2);
  expect(owner.messages.map(({ type, src_id }) => [type, src_id])).toEqual([
    [100, other],
    [103, other],
  ]);
  await owner.close();
});

test.each([
  ["100, which may hold a wish to stay anonymous", { type: 100 }],
  ["100, even beside a node_id", { type: 100, node_id: "n" }],
  ["103, which may name whom to remove", { type: 103 }],
  ["103, even beside a wish", { type: 103, is_anonymous: true }],
])("a payload that cannot be read is BAD_MESSAGE in a %s", async (_name, ask) => {
  const { sessionId, owner } = await openSession();
  owner.send({ id: "x", dest_session_id: sessionId, payload: '{"anonymous_id":"mask"', ...ask });
  await owner.settled("x");
  expect(owner.errors).toMatchObject([{ code: "BAD_MESSAGE", id: "x" }]);
  expect((await infoOf(sessionId, owner.nodeId)).members.map(({ node_id }) => node_id)).toEqual([owner.nodeId]);
  await owner.close();
});

test.each([
  ["node_id", { payload: { node_id: 5 } }],
  ["anonymous_id", { payload: { anonymous_id: "" } }],
  ["is_anonymous", { payload: { is_anonymous: "yes" } }],
  ["node_id beside the payload", { node_id: [] }],
  ["anonymous_id beside the payload", { anonymous_id: 5, payload: {} }],
  ["is_anonymous beside the payload", { is_anonymous: "yes" }],
])("a wrong %s is BAD_MESSAGE", async (_field, fields) => {
  const { sessionId, owner } = await openSession();
  const guest = await Client.connect(newId("guest"));
  guest.send({ ...ask("j", 100, sessionId), ...fields });
  await guest.settled("j");
  expect(guest.errors).toMatchObject([{ code: "BAD_MESSAGE", id: "j" }]);
  expect((await infoOf(sessionId, owner.nodeId)).member_count).toBe(1);
  await Promise.all([owner.close(), guest.close()]);
});

test("what joining refuses over HTTP is refused by the same name", async () => {
  const { sessionId, owner } = await openSession();
  await joined(sessionId, newId("first"), { anonymous_id: "mask" });
  const guest = await Client.connect(newId("guest"));
  guest.send(ask("j", 100, sessionId, { anonymous_id: "mask" }));
  await guest.settled("j");
  owner.send(ask("l", 103, sessionId, { node_id: "nobody" }));
  await owner.settled("l");
  expect(guest.errors).toMatchObject([{ code: "NAME_TAKEN", id: "j" }]);
  expect(owner.errors).toMatchObject([{ code: "MEMBER_UNKNOWN", id: "l" }]);
  await Promise.all([owner.close(), guest.close()]);
});

test("no other type of the protocol's goes to a session", async () => {
  const { sessionId, owner } = await openSession();
  for (const type of [105, 106, 110, 199, -7]) owner.send({ id: `t${type}`, type, dest_session_id: sessionId });
  await owner.until(() => owner.errors.length === 5, "five errors");
  expect(new Set(owner.errors.map(({ code }) => code))).toEqual(new Set(["BAD_MESSAGE"]));
  await owner.close();
});
