/** Joining and leaving over HTTP: by whom, under which name, and twice. */
import { expect, test } from "vitest";
import { authKey, call, expectError, newId } from "../http/edge.ts";
import { Client } from "../delivery/client.ts";
import { answer, app, as, created, infoOf, joined, left, revealed } from "./calls.ts";

const names = async (sessionId: string, by: string) =>
  (await infoOf(sessionId, by)).members.map(({ node_id }) => node_id);

test("a node joins where anyone can, and not elsewhere", async () => {
  const [owner, guest] = [newId("owner"), newId("guest")];
  const open = await created(owner, { anyone_can_join: true });
  const shut = await created(owner);
  expect(await joined(open, guest)).toEqual([guest, null]);
  expect(await names(open, guest)).toEqual([owner, guest]);
  await expectError(await as(guest, "PUT", `/v1/sessions/${shut}/members/${guest}`), "SESSION_UNAUTHORIZED");
  expect(await names(shut, owner)).toEqual([owner]);
  // There, only for itself.
  const other = newId("other");
  await expectError(await as(guest, "PUT", `/v1/sessions/${open}/members/${other}`), "SESSION_UNAUTHORIZED");
});

test("the owner takes others in, and an app node whom it likes", async () => {
  const [owner, a, b] = [newId("owner"), newId("a"), newId("b")];
  const sessionId = await created(owner);
  expect(await joined(sessionId, a, {}, owner)).toEqual([a, null]);
  expect(await joined(sessionId, b, {}, app())).toEqual([b, null]);
  expect(await names(sessionId, a)).toEqual([owner, a, b]);
});

test.each(["query", "form"])("the original's path takes its parameters by %s", async (kind) => {
  const [owner, guest] = [newId("owner"), newId("guest")];
  const sessionId = await created(owner, { anyone_can_join: true });
  const request = async (path: string, more: Record<string, string>) => {
    const fields = new URLSearchParams({ auth_key: await authKey(guest), session_id: sessionId, ...more });
    return kind === "query" ? call(`${path}?${fields}`) : call(path, { method: "POST", body: fields });
  };
  const response = await request("/join_session", { node_id: guest, is_anonymous: "True", anonymous_id: "" });
  expect(response.status).toBe(200);
  const [nodeId, anonymousId] = await response.json<[string, string]>();
  expect(nodeId).toBe(guest);
  expect(anonymousId).toMatch(/^anon-[0-9a-f]{20}$/);
  expect(await names(sessionId, owner)).toEqual([owner, anonymousId]);
  expect(await (await request("/unjoin_session", { node_id: guest })).json()).toEqual({ removed: true });
  expect(await names(sessionId, owner)).toEqual([owner]);
});

test("an anonymous_id of one's own choice is taken once", async () => {
  const [owner, a, b] = [newId("owner"), newId("a"), newId("b")];
  const sessionId = await created(owner, { anyone_can_join: true });
  expect(await joined(sessionId, a, { anonymous_id: "mask" })).toEqual([a, "mask"]);
  for (const anonymous_id of ["mask", owner]) {
    const response = await as(b, "PUT", `/v1/sessions/${sessionId}/members/${b}`, { anonymous_id });
    await expectError(response, "NAME_TAKEN");
  }
  expect(await names(sessionId, owner)).toEqual([owner, "mask"]);
});

test("joining twice answers the same membership, and nobody is told again", async () => {
  const [owner, guest] = [newId("owner"), newId("guest")];
  const sessionId = await created(owner, { anyone_can_join: true });
  const watcher = await Client.connect(owner, { acks: true });
  const first = await joined(sessionId, guest, { is_anonymous: true });
  expect(await joined(sessionId, guest, { is_anonymous: true })).toEqual(first);
  expect(await joined(sessionId, guest)).toEqual(first);
  expect(await joined(sessionId, guest, { anonymous_id: "another" })).toEqual(first);
  await as(guest, "POST", `/v1/sessions/${sessionId}/messages`, { payload: { type: 1, id: "last" } });
  await watcher.until(() => watcher.messages.some(({ id }) => id === "last"), "the message after it");
  expect(watcher.messages.map(({ type }) => type)).toEqual([100, 1]);
  expect(await names(sessionId, owner)).toEqual([owner, first[1]]);
  await watcher.close();
});

test("one who is in may join again where nobody else may", async () => {
  const [owner, guest] = [newId("owner"), newId("guest")];
  const sessionId = await created(owner);
  await joined(sessionId, guest, {}, owner);
  expect(await joined(sessionId, guest)).toEqual([guest, null]);
});

test("leaving twice removes once; who comes back is last", async () => {
  const [owner, a, b] = [newId("owner"), newId("a"), newId("b")];
  const sessionId = await created(owner, { anyone_can_join: true });
  await joined(sessionId, a);
  await joined(sessionId, b);
  expect(await left(sessionId, a)).toEqual({ removed: true });
  expect(await left(sessionId, a)).toEqual({ removed: false });
  await expectError(await as(owner, "DELETE", `/v1/sessions/${sessionId}/members/${a}`), "MEMBER_UNKNOWN");
  await joined(sessionId, a);
  expect(await names(sessionId, owner)).toEqual([owner, b, a]);
});

test("a member leaves by its node_id, and where it was anonymous by its anonymous name, revealed or not", async () => {
  const [owner, a, b, c] = [newId("owner"), newId("a"), newId("b"), newId("c")];
  const sessionId = await created(owner, { anyone_can_join: true });
  for (const [node, name] of Object.entries({ [a]: "mask-a", [b]: "mask-b", [c]: "mask-c" })) {
    await joined(sessionId, node, { anonymous_id: name });
  }
  await revealed(sessionId, c);
  expect(await left(sessionId, "mask-a", a)).toEqual({ removed: true });
  await expectError(await as(a, "DELETE", `/v1/sessions/${sessionId}/members/mask-a`), "SESSION_UNAUTHORIZED");
  await expectError(await as(c, "DELETE", `/v1/sessions/${sessionId}/members/mask-b`), "SESSION_UNAUTHORIZED");
  expect(await left(sessionId, b, b)).toEqual({ removed: true });
  expect(await left(sessionId, "mask-c", c)).toEqual({ removed: true });
  expect(await names(sessionId, owner)).toEqual([owner]);
});

test("an owner that left is still the owner, and may come back", async () => {
  const [owner, guest] = [newId("owner"), newId("guest")];
  const sessionId = await created(owner);
  await joined(sessionId, guest, {}, owner);
  await left(sessionId, owner);
  expect(await infoOf(sessionId, guest)).toMatchObject({ owner_id: owner, member_count: 1 });
  await expectError(await as(owner, "GET", `/v1/sessions/${sessionId}`), "SESSION_UNAUTHORIZED");
  expect(await joined(sessionId, owner)).toEqual([owner, null]);
  expect(await infoOf(sessionId, guest)).toMatchObject({ owner_id: owner, member_count: 2 });
});

test.each([
  ["anonymous_id", { anonymous_id: "x".repeat(129) }],
  ["anonymous_id", { anonymous_id: "\u0007" }],
  ["is_anonymous", { is_anonymous: "maybe" }],
  ["node_id", { node_id: 5 }],
])("a wrong %s is named", async (field, fields) => {
  const [owner, guest] = [newId("owner"), newId("guest")];
  const sessionId = await created(owner, { anyone_can_join: true });
  const response = await as(guest, "POST", "/join_session", { session_id: sessionId, ...fields });
  expect(await expectError(response, "BAD_REQUEST")).toContain(field);
});

test("one's own node_id is no anonymous_id", async () => {
  const [owner, guest] = [newId("owner"), newId("guest")];
  const sessionId = await created(owner, { anyone_can_join: true });
  const response = await as(guest, "POST", "/join_session", { session_id: sessionId, anonymous_id: guest });
  expect(await expectError(response, "BAD_REQUEST")).toContain("anonymous_id");
  expect((await answer<{ member_count: number }>(as(owner, "GET", `/v1/sessions/${sessionId}`))).member_count).toBe(1);
});
