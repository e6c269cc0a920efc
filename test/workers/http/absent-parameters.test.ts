/** A parameter that may be left out may as well be null or empty: the answer is the one without it. */
import { expect, test } from "vitest";
import type { InboxQuery } from "../../../src/durable/rpc.ts";
import type { Membership } from "../../../src/durable/session-rpc.ts";
import type { SessionInfo } from "../../../src/protocol/session-info.ts";
import { answer, app, as, created, infoOf, joined } from "../sessions/calls.ts";
import { authKey, bearer, call, nodesAs, newId, ORIGIN, postJson, preConnect, upgrade } from "./edge.ts";

const ABSENT = [null, ""];

/** All of these, with one and the same value. */
const all = (value: unknown, ...names: string[]) => Object.fromEntries(names.map((name) => [name, value]));
const emptyQuery = (...names: string[]) => names.map((name) => `${name}=`).join("&");

const CREATION = [
  "session_id",
  "_session_info_",
  "is_anonymous",
  "anyone_can_join",
  "session_type",
  "session_game_master_node_id",
  "notify_only_last_few_users",
  "presence",
  "history_messages",
  "history_minutes",
];

test.each(ABSENT)("creation, JSON: %j", async (value) => {
  for (const who of [newId("owner"), app()]) {
    const info = await answer<SessionInfo>(as(who, "POST", "/v1/sessions", all(value, ...CREATION)), 201);
    expect(info).toMatchObject({
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      session_type: 0,
      anyone_can_join: false,
      notify_only_last_few_users: null,
      presence: false,
      history: null,
      member_count: 1,
    });
    expect(info.me!.anonymous_id).toBeNull();
  }
});

test("creation, query and form", async () => {
  const owner = newId("owner");
  const headers = bearer(await authKey(owner));
  const fields = emptyQuery(...CREATION);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  for (const response of [
    await call(`/create_session?${fields}`, { headers }),
    await call("/create_session", { method: "POST", headers: { ...headers, ...form }, body: fields }),
  ]) {
    const sessionId = await response.text();
    expect({ status: response.status, sessionId }).toMatchObject({ status: 200 });
    expect(await infoOf(sessionId, owner)).toMatchObject({ session_type: 0, member_count: 1 });
  }
});

test.each(ABSENT)("the anonymous id of a founder: %j", async (value) => {
  const [founder, first] = [app(), newId("first")];
  const sessionId = await created(founder, { _session_info_: [newId("session"), [[first, value]]] });
  expect((await infoOf(sessionId, first)).me).toEqual({ node_id: first, anonymous_id: null });
});

test.each(ABSENT)("joining, speaking and leaving: %j", async (value) => {
  const sessionId = await created(newId("owner"), { anyone_can_join: true });
  const [one, two] = [newId("one"), newId("two")];
  const nobody = all(value, "is_anonymous", "anonymous_id");
  expect(await joined(sessionId, one, nobody)).toEqual([one, null]);
  const original = { session_id: sessionId, node_id: value };
  expect(await answer<Membership>(as(two, "POST", "/join_session", { ...original, ...nobody }))).toEqual([two, null]);
  await answer(as(two, "POST", `/v1/sessions/${sessionId}/messages`, { payload: 1, dest_id: value }));
  expect((await infoOf(sessionId, one)).last_session_seq).toBe(3);
  expect(await answer(as(two, "POST", "/unjoin_session", original))).toEqual({ removed: true });
});

test("a page of a history", async () => {
  const owner = newId("owner");
  const sessionId = await created(owner, { history_messages: 5 });
  await answer(as(owner, "POST", `/v1/sessions/${sessionId}/messages`, { payload: "said" }));
  const path = `/v1/sessions/${sessionId}/history`;
  const page = await answer<{ messages: object[] }>(as(owner, "GET", path));
  expect(page.messages).toHaveLength(1);
  const query = emptyQuery("from_session_seq", "to_session_seq", "limit", "order");
  expect(await answer(as(owner, "GET", `${path}?${query}`))).toEqual(page);
});

test("a page of an inbox", async () => {
  const nodeId = newId();
  const queries: InboxQuery[] = [];
  const nodes = nodesAs({
    readInbox: async (query) => {
      queries.push(query);
      return { epoch: "e", messages: [], from_seq: null, to_seq: null, more: false };
    },
  });
  const query = emptyQuery("from_seq", "to_seq", "from_timestamp", "to_timestamp", "limit", "order");
  const headers = bearer(await authKey(nodeId));
  expect((await call(`/v1/nodes/${nodeId}/inbox?${query}`, { headers }, nodes)).status).toBe(200);
  expect(queries).toEqual([{ limit: 100, order: "asc" }]);
});

test.each(ABSENT)("the session of a pre-connection: %j", async (value) => {
  const key = await authKey(newId());
  const asked = await postJson("/v1/connections", key, { session_id: value, need_80_port: value });
  expect(asked.status).toBe(200);
  // Bound to no session, so good for any.
  const { validation_key } = await asked.json<{ validation_key: string }>();
  const response = await upgrade(
    `/v1/connect?${new URLSearchParams({ auth_key: key, validation_key, session_id: "s" })}`,
  );
  expect(response.status).toBe(101);
  response.webSocket!.accept();
  response.webSocket!.close(1000);
});

test("what goes with an upgrade", async () => {
  const key = await authKey(newId());
  const { validation_key } = await preConnect(key);
  const rest = emptyQuery("validation_key", "session_id", "epoch", "last_seq");
  // A key that is there counts, whichever of its names is empty.
  const response = await upgrade(`/connectV3?auth_key=${key}&validation_token=${validation_key}&${rest}`, {
    "sec-websocket-protocol": "allspark.v1",
  });
  expect(response.status).toBe(101);
  response.webSocket!.accept();
  response.webSocket!.close(1000);
});

test.each(ABSENT)("the client of a key of /dev/key: %j", async (value) => {
  const body = JSON.stringify({ node_id: newId(), client_id: value, app: value });
  const headers = { "content-type": "application/json", origin: ORIGIN };
  const init = { method: "POST", headers, body };
  const response = await call("/dev/key", init, { ALLSPARK_DEV_KEYS: "true" });
  expect(response.status).toBe(200);
});

test.each([
  ["TRUE", true],
  ["tRuE", true],
  ["False", false],
  ["FALSE", false],
])("a flag in any case: %s", async (given, meant) => {
  const owner = newId("owner");
  const sessionId = await created(owner, { presence: given, notify_only_last_few_users: given });
  expect(await infoOf(sessionId, owner)).toMatchObject({
    presence: meant,
    notify_only_last_few_users: meant ? 256 : null,
  });
});
