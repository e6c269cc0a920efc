/** Sessions are created under the original's path in each of its forms, and under /v1; the answers of each. */
import { expect, test } from "vitest";
import type { SessionInfo } from "../../../src/protocol/session-info.ts";
import { authKey, bearer, call, env, expectError, newId } from "../http/edge.ts";
import { answer, app, as, created, inboxRows, infoOf, joined } from "./calls.ts";

type Form = (key: string, fields: Record<string, string>) => Promise<Response>;

const FORMS: [name: string, Form][] = [
  ["GET, query", (key, fields) => call(`/create_session?${new URLSearchParams({ auth_key: key, ...fields })}`)],
  [
    "POST, form",
    (key, fields) =>
      call("/create_session", { method: "POST", body: new URLSearchParams({ auth_key: key, ...fields }) }),
  ],
  [
    "POST, JSON",
    (key, fields) =>
      call("/create_session", {
        method: "POST",
        headers: { ...bearer(key), "content-type": "application/json" },
        body: JSON.stringify(fields),
      }),
  ],
];

test.each(FORMS)("/create_session answers the bare id: %s", async (_name, create) => {
  const owner = newId("owner");
  const response = await create(await authKey(owner), { anyone_can_join: "True", session_type: "0" });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  const sessionId = await response.text();
  expect(sessionId).toMatch(/^[0-9a-f-]{36}$/);
  expect(await infoOf(sessionId, owner)).toMatchObject({ session_id: sessionId, anyone_can_join: true });
});

test("POST /v1/sessions answers 201 and the whole info", async () => {
  const owner = newId("owner");
  const before = Date.now();
  const info = await answer<SessionInfo>(as(owner, "POST", "/v1/sessions"), 201);
  expect(info).toEqual({
    session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    session_type: 0,
    owner_id: owner,
    anyone_can_join: false,
    notify_only_last_few_users: null,
    presence: false,
    history: null,
    created_at: expect.any(Number),
    master_id: null,
    fencing_number: 0,
    last_session_seq: 0,
    member_count: 1,
    online_count: null,
    members: [{ node_id: owner, anonymous: false, joined_at: expect.any(Number) }],
    me: { node_id: owner, anonymous_id: null },
  });
  expect(info.created_at).toBeGreaterThanOrEqual(before);
  expect(info.created_at).toBeLessThanOrEqual(Date.now());
});

test("every option shows in the info", async () => {
  const [owner, master] = [newId("owner"), newId("master")];
  const info = await answer<SessionInfo>(
    as(owner, "POST", "/v1/sessions", {
      anyone_can_join: true,
      session_type: 1,
      session_game_master_node_id: master,
      notify_only_last_few_users: 5,
      presence: true,
      history_messages: 20,
      history_minutes: 3,
    }),
    201,
  );
  expect(info).toMatchObject({
    session_type: 1,
    anyone_can_join: true,
    notify_only_last_few_users: 5,
    presence: true,
    history: { messages: 20, minutes: 3 },
    fencing_number: 1,
    online_count: 0,
    // It is no member yet, so the session has no name for it.
    master_id: null,
  });
  await joined(info.session_id, master);
  expect((await infoOf(info.session_id, owner)).master_id).toBe(master);
});

test.each([
  [true, 256],
  ["True", 256],
  ["true", 256],
  [1, 1],
  ["1", 1],
  [false, null],
  ["False", null],
  [0, null],
  ["0", null],
  ["", null],
  [2, 2],
  ["10000", 10_000],
])("notify_only_last_few_users %j means %j", async (given, meant) => {
  const owner = newId("owner");
  const sessionId = await created(owner, { notify_only_last_few_users: given });
  expect((await infoOf(sessionId, owner)).notify_only_last_few_users).toBe(meant);
});

test("an anonymous creator is owner and member under the same invented name", async () => {
  const owner = newId("owner");
  const info = await answer<SessionInfo>(as(owner, "POST", "/v1/sessions", { is_anonymous: true }), 201);
  const name = info.me!.anonymous_id!;
  expect(name).toMatch(/^anon-[0-9a-f]{20}$/);
  expect(info.me).toEqual({ node_id: owner, anonymous_id: name });
  expect(info.owner_id).toBe(name);
  expect(info.members).toEqual([{ node_id: name, anonymous: true, joined_at: expect.any(Number) }]);
});

test("an app node founds a session with its id and members, in either spelling, and is no member itself", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const founder = app();
  const ids = [newId("session"), newId("session")];
  const founding = (id: string) => [id, [[a], [b, "masked"]]];
  const response = await as(founder, "POST", "/create_session", { _session_info_: JSON.stringify(founding(ids[0]!)) });
  expect({ status: response.status, text: await response.text() }).toEqual({ status: 200, text: ids[0] });
  await answer(as(founder, "POST", "/v1/sessions", { _session_info_: founding(ids[1]!) }), 201);
  for (const id of ids) {
    const info = await infoOf(id, a);
    expect(info.members.map(({ node_id }) => node_id)).toEqual([a, "masked"]);
    expect(info.owner_id).toBe(founder.nodeId);
    expect(await infoOf(id, founder)).toMatchObject({ me: null, log: { messages: 0, rows_written: 0 } });
    expect((await infoOf(id, b)).me).toEqual({ node_id: b, anonymous_id: "masked" });
  }
});

test("an app node with session_id alone is a member", async () => {
  const founder = app();
  const sessionId = newId("session");
  expect(await created(founder, { session_id: sessionId })).toBe(sessionId);
  expect((await infoOf(sessionId, founder)).me).toEqual({ node_id: founder.nodeId, anonymous_id: null });
});

test("creating again answers the session as it is, to its owner; another app node is refused", async () => {
  const founder = app();
  const sessionId = await created(founder, { session_id: newId("session"), anyone_can_join: true });
  await joined(sessionId, newId("guest"));
  const again = await answer<SessionInfo>(
    as(founder, "POST", "/v1/sessions", { session_id: sessionId, anyone_can_join: false, presence: true }),
    200,
  );
  expect(again).toMatchObject({ session_id: sessionId, anyone_can_join: true, presence: false, member_count: 2 });
  const original = await as(founder, "POST", "/create_session", { session_id: sessionId });
  expect({ status: original.status, text: await original.text() }).toEqual({ status: 200, text: sessionId });
  await expectError(await as(app(), "POST", "/v1/sessions", { session_id: sessionId }), "SESSION_EXISTS");
  await expectError(
    await as(app(), "POST", "/create_session", { _session_info_: [sessionId, [[newId("a")]]] }),
    "SESSION_EXISTS",
  );
});

test("no other node chooses an id or the members", async () => {
  const owner = newId("owner");
  for (const fields of [{ session_id: newId("session") }, { _session_info_: [newId("session"), [[owner]]] }]) {
    for (const path of ["/v1/sessions", "/create_session"]) {
      expect(await expectError(await as(owner, "POST", path, fields), "FORBIDDEN")).toContain("only an app node");
    }
  }
});

test.each([
  ["session_type", 2, "must be a whole number from 0 to 1"],
  ["session_type", "game", "must be a whole number"],
  ["anyone_can_join", "perhaps", "must be true or false"],
  ["is_anonymous", 7, "must be true or false"],
  ["presence", [], "must be true or false"],
  ["session_game_master_node_id", "\u0001", "must be text of 1 to 128 bytes"],
  ["session_game_master_node_id", 17, "must be text of 1 to 128 bytes"],
  ["notify_only_last_few_users", 10_001, "from 1 to 10000"],
  ["notify_only_last_few_users", -1, "from 1 to 10000"],
  ["notify_only_last_few_users", "some", "a number of members from 1 to 10000"],
  ["history_messages", -1, "must be a whole number from 0 to 10000"],
  ["history_messages", 10_001, "must be a whole number from 0 to 10000"],
  ["history_minutes", 43_201, "must be a whole number from 0 to 43200"],
  ["session_id", "x".repeat(129), "must be text of 1 to 128 bytes"],
  ["_session_info_", "[", "must be JSON: [session_id, [[node_id]"],
  ["_session_info_", ["id"], "must be JSON: [session_id, [[node_id]"],
  ["_session_info_", ["id", [["a", "b", "c"]]], "must be JSON: [session_id, [[node_id]"],
  ["_session_info_", ["id", [[""]]], "must be JSON: [session_id, [[node_id]"],
  ["_session_info_", ["", [["a"]]], "1 to 128 bytes"],
])("a wrong %s is named: %j", async (field, value, form) => {
  for (const path of ["/v1/sessions", "/create_session"]) {
    const message = await expectError(await as(app(), "POST", path, { [field]: value }), "BAD_REQUEST");
    expect(message).toContain(field);
    expect(message).toContain(form);
  }
});

test("founders must have names of their own, and differ", async () => {
  const [a, b] = [newId("a"), newId("b")];
  for (const founders of [
    [
      [a, "mask"],
      [b, "mask"],
    ],
    [[a], [b, a]],
  ]) {
    const _session_info_ = [newId("session"), founders];
    await expectError(await as(app(), "POST", "/v1/sessions", { _session_info_ }), "NAME_TAKEN");
    // Nothing is left of it, and nobody hears of it.
    expect(await inboxRows(a)).toBe(0);
    expect((await env.NODE.getByName(a).describe()).sessions.joined).toBe(0);
    await expectError(await as(app(), "GET", `/v1/sessions/${_session_info_[0]}`), "SESSION_UNKNOWN");
  }
  for (const founders of [[[a], [a]], [[a], [a, "mask"]], [[a, "mask"], [a]], [[a, a]]]) {
    const _session_info_ = [newId("session"), founders];
    const message = await expectError(await as(app(), "POST", "/v1/sessions", { _session_info_ }), "BAD_REQUEST");
    expect(message).toContain("_session_info_");
  }
});
