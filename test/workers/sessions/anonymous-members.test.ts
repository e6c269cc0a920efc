/** What anonymous members can do, and what cannot be done to them by their real ids; revealing. */
import { expect, test } from "vitest";
import { expectError, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { as, created, evictSessions, infoOf, joined, revealed, say } from "./calls.ts";

test("two anonymous members talk in private, without knowing each other", async () => {
  const [owner, a, b] = [newId("owner"), newId("secret-a"), newId("secret-b")];
  const sessionId = await created(owner, { anyone_can_join: true });
  const [, nameA] = await joined(sessionId, a, { is_anonymous: true });
  const [, nameB] = await joined(sessionId, b, { is_anonymous: true });
  const watcher = await Client.connect(owner, { acks: true });
  const first = await Client.connect(a, { acks: true, clientId: newId("secret-client") });
  await first.until(() => first.messages.some(({ type }) => type === 100), "100");
  expect(first.messages[0]!.src_id).toBe(nameB);
  first.send(say("p1", sessionId, { dest_id: nameB }));
  expect(await first.settled("p1")).toEqual(["stored"]);
  const second = await Client.connect(b, { acks: true });
  await second.until(() => second.payloads.includes("p1"), "p1");
  const question = second.messages.find(({ id }) => id === "p1")!;
  expect(question).not.toHaveProperty("src_client_id");
  second.send(say("p2", sessionId, { dest_id: question.src_id }));
  expect(await second.settled("p2")).toEqual(["delivered"]);
  expect(first.messages.at(-1)).toMatchObject({ id: "p2", src_id: nameB, dest_id: nameA });
  expect(JSON.stringify(first.seen)).not.toContain(b);
  expect(JSON.stringify(second.seen)).not.toContain(a);
  expect(watcher.messages.filter(({ type }) => type === 1)).toEqual([]);
  for (const client of [watcher, first, second]) await client.close();
});

test("anonymous here, known there", async () => {
  const [owner, node] = [newId("owner"), newId("node")];
  const clientId = newId("client");
  const here = await created(owner, { anyone_can_join: true });
  const there = await created(owner, { anyone_can_join: true });
  const [, name] = await joined(here, node, { is_anonymous: true });
  await joined(there, node);
  const [o, n] = [await Client.connect(owner, { acks: true }), await Client.connect(node, { acks: true, clientId })];
  n.send(say("h1", here), say("t1", there), { id: "d1", dest_id: owner, type: 1 });
  await n.settled("h1", "t1", "d1");
  const shown = (id: string) => {
    const { src_id, src_client_id } = o.messages.find((message) => message.id === id)!;
    return { src_id, src_client_id };
  };
  expect(shown("h1")).toEqual({ src_id: name, src_client_id: undefined });
  expect(shown("t1")).toEqual({ src_id: node, src_client_id: clientId });
  expect(shown("d1")).toEqual({ src_id: node, src_client_id: clientId });
  // Its name means something only in its session.
  o.send(say("p1", there, { dest_id: name }));
  await o.until(() => o.seen.some(({ type, id }) => type === -5 && id === "p1"), "-5");
  o.send({ id: "d2", dest_id: name, type: 1 });
  await o.settled("d2");
  expect(n.messages.map(({ id }) => id)).not.toContain("d2");
  await Promise.all([o.close(), n.close()]);
});

test("by its real id it cannot be reached, removed or told from a stranger", async () => {
  const [owner, node, stranger] = [newId("owner"), newId("node"), newId("stranger")];
  const sessionId = await created(owner, { anyone_can_join: true });
  await joined(sessionId, node, { anonymous_id: "mask" });
  // Both were seen by this deployment: whether that is so is no secret.
  for (const nodeId of [node, stranger]) await (await Client.connect(nodeId)).close();
  const o = await Client.connect(owner, { acks: true });
  await o.received(1);
  const answers: unknown[] = [];
  for (const guess of [node, stranger]) {
    const plain = (text: string) => text.replaceAll(guess, "GUESS");
    const before = o.seen.length;
    o.send(say("p", sessionId, { dest_id: guess }));
    o.send({ id: "l", type: 103, dest_session_id: sessionId, payload: { node_id: guess } });
    await o.until(() => o.seen.length === before + 2, "two answers");
    const socket = o.seen.slice(before).map((message) => plain(JSON.stringify(message)));
    const post = await as(owner, "POST", `/v1/sessions/${sessionId}/messages`, { payload: {}, dest_id: guess });
    const removal = await as(owner, "DELETE", `/v1/sessions/${sessionId}/members/${guess}`);
    const mimicry = await as(newId("mimic"), "POST", "/join_session", { session_id: sessionId, anonymous_id: guess });
    expect(mimicry.status).toBe(409);
    const http = await Promise.all([post, removal, mimicry].map(async (response) => plain(await response.text())));
    answers.push([...socket, ...http]);
  }
  expect(answers[0]).toEqual(answers[1]);
  expect((await infoOf(sessionId, owner)).members.map(({ node_id }) => node_id)).toEqual([owner, "mask"]);
  await o.close();
});

test("revealing is for good, and the anonymous name goes on to reach the member", async () => {
  const [owner, node] = [newId("owner"), newId("node")];
  const clientId = newId("client");
  const sessionId = await created(owner, { anyone_can_join: true });
  await joined(sessionId, node, { anonymous_id: "mask" });
  const [o, n] = [await Client.connect(owner, { acks: true }), await Client.connect(node, { acks: true, clientId })];
  n.send(say("m1", sessionId));
  await n.settled("m1");
  expect(await revealed(sessionId, node)).toEqual([node, "mask"]);
  expect(await revealed(sessionId, node)).toEqual([node, "mask"]);
  await evictSessions(sessionId);
  n.send(say("m2", sessionId));
  await n.settled("m2");
  const shown = o.messages.map(({ type, id, src_id, src_client_id, payload }) => [
    id ?? type,
    src_id,
    src_client_id,
    payload,
  ]);
  expect(shown).toEqual([
    [100, "mask", undefined, undefined],
    ["m1", "mask", undefined, "m1"],
    [104, "mask", undefined, node],
    ["m2", node, clientId, "m2"],
  ]);
  for (const name of ["mask", node]) {
    o.send(say(`to ${name}`.slice(0, 20), sessionId, { dest_id: name }));
    await n.until(() => n.messages.some(({ dest_id }) => dest_id === name), name);
  }
  expect((await infoOf(sessionId, owner)).members[1]).toMatchObject({ node_id: node, anonymous: false });
  await expectError(
    await as(newId("x"), "POST", "/join_session", { session_id: sessionId, anonymous_id: "mask" }),
    "NAME_TAKEN",
  );
  await expectError(
    await as(newId("x"), "POST", "/join_session", { session_id: sessionId, anonymous_id: node }),
    "NAME_TAKEN",
  );
  await Promise.all([o.close(), n.close()]);
});

test("where another member goes by its real id, revealing is refused and reveals nothing", async () => {
  const [owner, node, mimic] = [newId("owner"), newId("node"), newId("mimic")];
  const sessionId = await created(owner, { anyone_can_join: true });
  await joined(sessionId, mimic, { anonymous_id: node });
  await joined(sessionId, node, { anonymous_id: "mask" });
  await expectError(await as(node, "POST", `/v1/sessions/${sessionId}/reveal`), "NAME_TAKEN");
  const info = await infoOf(sessionId, owner);
  expect(info.members.map(({ node_id, anonymous }) => [node_id, anonymous])).toEqual([
    [owner, false],
    [node, true],
    ["mask", true],
  ]);
});
