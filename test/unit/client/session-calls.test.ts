/** allspark.sessions over HTTP: the exact calls, and the answers in the app's spelling. */
import { expect } from "vitest";
import { refusal } from "../../support/fake-edge.ts";
import { sessionInfo } from "./session-info.ts";
import { test } from "./edge-test.ts";

test("create: nothing by default, everything under its own name", async ({ edge, client }) => {
  edge.answers.set("POST /v1/sessions", sessionInfo({ session_id: "a/b" }));
  const { sessions } = client();
  await sessions.create();
  const info = await sessions.create({
    anonymous: true,
    anyoneCanJoin: true,
    game: true,
    pinnedMaster: "m",
    notifyOnlyLastFewUsers: 5,
    presence: true,
    historyMessages: 10,
    historyMinutes: 20,
    sessionId: "a/b",
  });
  expect(edge.calls.map(({ method, path, body }) => [method, path, body])).toEqual([
    ["POST", "/v1/sessions", { session_type: 0 }],
    [
      "POST",
      "/v1/sessions",
      {
        is_anonymous: true,
        anyone_can_join: true,
        session_type: 1,
        session_game_master_node_id: "m",
        notify_only_last_few_users: 5,
        presence: true,
        history_messages: 10,
        history_minutes: 20,
        session_id: "a/b",
      },
    ],
  ]);
  expect(info).toEqual({
    sessionId: "a/b",
    isGame: false,
    ownerId: "alice",
    anyoneCanJoin: true,
    notifyOnlyLastFewUsers: null,
    presence: true,
    history: null,
    createdAt: 1,
    masterId: null,
    fencingNumber: 0,
    lastSessionSeq: 0,
    memberCount: 2,
    onlineCount: 1,
    members: [
      { name: "alice", anonymous: false, joinedAt: 1, online: true },
      { name: "bob", anonymous: false, joinedAt: 2, online: false },
    ],
    me: { nodeId: "alice", anonymousId: null },
  });
});

test("create with members, as an app node does", async ({ edge, client }) => {
  edge.answers.set("POST /v1/sessions", sessionInfo());
  const members = [
    { nodeId: "a", anonymousId: null },
    { nodeId: "b", anonymousId: "masked" },
  ];
  await client().sessions.create({ sessionId: "s", members });
  expect(edge.calls[0]!.body).toEqual({ session_type: 0, _session_info_: ["s", [["a"], ["b", "masked"]]] });
});

test("the other calls: method, path, body and answer", async ({ edge, client }) => {
  edge.answers.set("POST /join_session", ["alice", "masked"]);
  edge.answers.set("PUT /v1/sessions/s%2F1/members/b%20b", ["b b", null]);
  edge.answers.set("POST /unjoin_session", { removed: true });
  edge.answers.set("DELETE /v1/sessions/s%2F1/members/b%20b", { removed: false });
  edge.answers.set("GET /v1/sessions/s%2F1", sessionInfo({ session_id: "s/1", me: null }));
  edge.answers.set("POST /v1/sessions/s%2F1/reveal", ["alice", "masked"]);
  edge.answers.set("DELETE /v1/sessions/s%2F1", { members: 3 });
  edge.answers.set("GET /v1/sessions/s%2F1/state", { version: 0, fencing_number: 1, written_at: null });
  edge.answers.set("PUT /v1/sessions/s%2F1/state", { version: 2, fencing_number: 1, written_at: 9 });
  const { sessions } = client();
  const s = "s/1";
  expect(await sessions.join(s, { anonymous: true })).toEqual({ nodeId: "alice", anonymousId: "masked" });
  expect(await sessions.add(s, "b b", { anonymousId: "x" })).toEqual({ nodeId: "b b", anonymousId: null });
  expect(await sessions.leave(s)).toBe(true);
  expect(await sessions.remove(s, "b b")).toBe(false);
  expect(await sessions.info(s)).toMatchObject({ sessionId: s, me: null });
  expect(await sessions.reveal(s)).toEqual({ nodeId: "alice", anonymousId: "masked" });
  expect(await sessions.close(s)).toBe(3);
  expect(await sessions.readState(s)).toEqual({ state: undefined, version: 0, fencingNumber: 1, writtenAt: null });
  expect(await sessions.writeState(s, { turn: 1 }, 1)).toEqual({
    state: { turn: 1 },
    version: 2,
    fencingNumber: 1,
    writtenAt: 9,
  });
  expect(edge.calls.map(({ method, path, body }) => [`${method} ${path}`, body])).toEqual([
    ["POST /join_session", { session_id: s, is_anonymous: true }],
    ["PUT /v1/sessions/s%2F1/members/b%20b", { anonymous_id: "x" }],
    ["POST /unjoin_session", { session_id: s }],
    ["DELETE /v1/sessions/s%2F1/members/b%20b", undefined],
    ["GET /v1/sessions/s%2F1", undefined],
    ["POST /v1/sessions/s%2F1/reveal", undefined],
    ["DELETE /v1/sessions/s%2F1", undefined],
    ["GET /v1/sessions/s%2F1/state", undefined],
    ["PUT /v1/sessions/s%2F1/state", { state: { turn: 1 }, fencing_number: 1 }],
  ]);
});

test("the edge's refusal is a RefusedError with its status", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", { isAnswer: true, ...refusal(404, "SESSION_UNKNOWN") });
  await expect(client().sessions.info("s")).rejects.toMatchObject({
    name: "RefusedError",
    code: "SESSION_UNKNOWN",
    status: 404,
    temporary: false,
  });
});

test("an edge that is not there is a ConnectionError", async ({ client }) => {
  const { sessions } = client({ url: "http://127.0.0.1:9" });
  await expect(sessions.info("s")).rejects.toMatchObject({
    name: "ConnectionError",
    code: "NETWORK",
    temporary: true,
    cause: expect.any(Error) as Error,
  });
});
