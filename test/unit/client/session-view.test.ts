/** allspark.sessions.watch(): a session as it is now. */
import { expect } from "vitest";
import { applied } from "../../../src/client/sessions/session-view.ts";
import { sessionInfoOf } from "../../../src/client/sessions/session-info.ts";
import { refusal } from "../../support/fake-edge.ts";
import { inState, rejectionOf, test } from "./edge-test.ts";
import { sessionInfo } from "./session-info.ts";

const notice = (type: number, name: string, more: object = {}) => ({
  dest_session_id: "s",
  src_id: name,
  type,
  ...more,
});
const joined = (name: string) => notice(100, name, { session_seq: 1 });

test("it follows what members are told", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo());
  const allspark = client();
  await allspark.connect();
  const view = await allspark.sessions.watch("s");
  const before = view.info;
  const seen: unknown[] = [];
  view.on("change", ({ members, memberCount, onlineCount }) =>
    seen.push([members.map(({ name, online }) => `${name} ${online}`).join(), memberCount, onlineCount]),
  );
  edge.deliver(joined("carol"), notice(105, "carol"), notice(103, "bob", { session_seq: 2 }), notice(106, "alice"));
  await expect
    .poll(() => seen)
    .toEqual([
      ["alice true,bob false,carol false", 3, 1],
      ["alice true,bob false,carol true", 3, 2],
      ["alice true,carol true", 2, 2],
      ["alice false,carol true", 2, 1],
    ]);
  expect(view.info).not.toBe(before);
});

test("what says nothing new changes nothing, nor does another session", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo());
  const allspark = client();
  await allspark.connect();
  const view = await allspark.sessions.watch("s");
  const { info } = view;
  edge.deliver(joined("bob"), notice(103, "nobody", { session_seq: 2 }), notice(105, "alice"));
  edge.deliver({ ...joined("carol"), dest_session_id: "t" });
  await edge.until(() => edge.connection.acks.includes(4), "the ack");
  expect(view.info).toBe(info);
});

test("what is told while the info is on its way is not lost", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  let told: Promise<void> | undefined;
  edge.answers.set("GET /v1/sessions/s", () => {
    // The info is from before.
    edge.deliver(joined("carol"));
    told = edge.until(() => edge.connection.acks.length > 0, "the ack");
    return sessionInfo();
  });
  const watching = allspark.sessions.watch("s");
  const view = await watching;
  await told;
  await expect.poll(() => view.info.members.map(({ name }) => name)).toEqual(["alice", "bob", "carol"]);
  expect(view.info.memberCount).toBe(3);
});

test("one that was removed while it opens looks again", async ({ edge, client }) => {
  const gone = refusal(403, "SESSION_UNAUTHORIZED");
  const removed = notice(103, "s", { payload: { reason: "removed" } });
  let asked = 0;
  // The first answer waits until the client has been told.
  edge.answers.set("GET /v1/sessions/s", () => (++asked === 1 ? sessionInfo() : { isAnswer: true, ...gone }));
  const held = holdFetch(() => asked === 1);
  const allspark = client({ fetch: held.fetch });
  await allspark.connect();
  const outcome = rejectionOf(allspark.sessions.watch("s"));
  await held.isHeld;
  const events: unknown[] = [];
  allspark.on("session", (event) => events.push(event));
  edge.deliver(removed);
  await expect.poll(() => events.length).toBe(1);
  held.release();
  expect(await outcome).toMatchObject({ code: "SESSION_UNAUTHORIZED" });
});

test("after a reconnect it reads the info again", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo());
  const allspark = client();
  await allspark.connect();
  const view = await allspark.sessions.watch("s");
  edge.answers.set("GET /v1/sessions/s", sessionInfo({ member_count: 1, members: [] }));
  edge.connection.cut();
  await expect.poll(() => view.info.memberCount).toBe(1);
});

test("where that fails it says so, and shows what it knew", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo());
  const allspark = client();
  await allspark.connect();
  const view = await allspark.sessions.watch("s");
  const errors: unknown[] = [];
  view.on("error", (error) => errors.push(error));
  edge.answers.set("GET /v1/sessions/s", { isAnswer: true, ...refusal(503, "UNAVAILABLE") });
  edge.connection.cut();
  await expect.poll(() => errors).toMatchObject([{ code: "UNAVAILABLE", temporary: true }]);
  edge.deliver(joined("carol"));
  await expect.poll(() => view.info.memberCount).toBe(3);
});

test("of two refreshes the later one counts, however late the earlier is answered", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo());
  let holds = false;
  const held = holdFetch(() => holds);
  const allspark = client({ fetch: held.fetch });
  await allspark.connect();
  const view = await allspark.sessions.watch("s");
  edge.answers.set("GET /v1/sessions/s", sessionInfo({ member_count: 10 }));
  holds = true;
  const early = view.refresh();
  await held.isHeld;
  holds = false;
  edge.answers.set("GET /v1/sessions/s", sessionInfo({ member_count: 20 }));
  await view.refresh();
  held.release();
  await early;
  expect(view.info.memberCount).toBe(20);
});

test("removed: it ends, and changes no more", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo());
  const allspark = client();
  // Somebody goes on listening.
  allspark.on("message", () => {});
  await allspark.connect();
  const view = await allspark.sessions.watch("s");
  const ends: string[] = [];
  view.on("end", (reason) => ends.push(reason));
  edge.deliver(notice(103, "s", { payload: { reason: "closed" } }), joined("carol"));
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  expect(ends).toEqual(["closed"]);
  expect(view.info.memberCount).toBe(2);
  edge.connection.cut();
  await edge.connected(2);
  await inState(allspark, "connected");
  await allspark.send({ to: "bob" });
  expect(edge.calls.filter(({ method }) => method === "GET")).toHaveLength(1);
});

test("the master sends with the fencing number that it believes in, others without", async ({ edge, client }) => {
  const game = { session_type: 1 as const, master_id: "bob", fencing_number: 4 };
  edge.answers.set("GET /v1/sessions/s", sessionInfo(game));
  const allspark = client();
  await allspark.connect();
  const view = await allspark.sessions.watch("s");
  expect([view.sessionId, view.myName, view.isMaster]).toEqual(["s", "alice", false]);
  await view.send({ payload: 1 });
  edge.deliver(notice(110, "alice", { session_seq: 2, payload: { master_id: "alice", fencing_number: 5 } }));
  await expect.poll(() => view.isMaster).toBe(true);
  await view.send({ payload: 2 });
  // An older change that comes late changes nothing.
  edge.deliver(notice(110, "bob", { session_seq: 1, payload: { master_id: "bob", fencing_number: 4 } }));
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  await view.send({ to: "carol", payload: 3, fencingNumber: 1 });
  expect(edge.received.map(({ raw: { id: _, ...raw } }) => raw)).toEqual([
    { dest_session_id: "s", payload: 1 },
    { dest_session_id: "s", payload: 2, fencing_number: 5 },
    { dest_id: "carol", dest_session_id: "s", payload: 3, fencing_number: 1 },
  ]);
});

test("an anonymous member knows itself by its name there", async ({ edge, client }) => {
  const me = { node_id: "alice", anonymous_id: "anon-1" };
  const members = [{ node_id: "anon-1", anonymous: true, joined_at: 1 }];
  edge.answers.set("GET /v1/sessions/s", sessionInfo({ me, members, session_type: 1, master_id: "anon-1" }));
  const allspark = client();
  const view = await allspark.sessions.watch("s");
  expect([view.myName, view.isMaster]).toEqual(["anon-1", true]);
  view.close();
});

test("a view follows, though a message before waits for somebody to take it", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo());
  const allspark = client();
  await allspark.connect();
  const view = await allspark.sessions.watch("s");
  edge.deliver({ payload: "nobody takes this" }, joined("carol"));
  await expect.poll(() => view.info.memberCount).toBe(3);
  expect(edge.connection.acks).toEqual([]);
});

test("a handler of a view that throws breaks nothing", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo());
  const allspark = client();
  const errors: string[] = [];
  allspark.on("error", ({ code }) => errors.push(code));
  await allspark.connect();
  const view = await allspark.sessions.watch("s");
  view.on("change", () => {
    throw new Error("of the app");
  });
  edge.deliver(joined("carol"));
  await edge.until(() => edge.connection.acks.includes(1), "the ack");
  expect([errors, allspark.status.state]).toEqual([["HANDLER"], "connected"]);
});

test("who reveals itself by this client knows it at once, and is the master still", async ({ edge, client }) => {
  const me = { node_id: "alice", anonymous_id: "anon-1" };
  const members = [{ node_id: "anon-1", anonymous: true, joined_at: 1 }];
  edge.answers.set("GET /v1/sessions/s", sessionInfo({ me, members, session_type: 1, master_id: "anon-1" }));
  edge.answers.set("POST /v1/sessions/s/reveal", ["alice", "anon-1"]);
  const allspark = client();
  const view = await allspark.sessions.watch("s");
  await allspark.sessions.reveal("s");
  expect([view.myName, view.isMaster, view.info.masterId]).toEqual(["alice", true, "alice"]);
  expect(view.info.members.map(({ name, anonymous }) => [name, anonymous])).toEqual([["alice", false]]);
  view.close();
});

test("who leaves by this client sees its view end", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo());
  edge.answers.set("POST /unjoin_session", { removed: true });
  const allspark = client();
  const view = await allspark.sessions.watch("s");
  const ends: string[] = [];
  view.on("end", (reason) => ends.push(reason));
  await allspark.sessions.leave("s");
  expect(ends).toEqual(["left"]);
});

test("a game's state is written under the fencing number that the view believes in", async ({ edge, client }) => {
  edge.answers.set("GET /v1/sessions/s", sessionInfo({ session_type: 1, master_id: "alice", fencing_number: 4 }));
  edge.answers.set("PUT /v1/sessions/s/state", { version: 2, fencing_number: 4, written_at: 9 });
  const view = await client().sessions.watch("s");
  expect(await view.writeState({ turn: 1 })).toEqual({
    state: { turn: 1 },
    version: 2,
    fencingNumber: 4,
    writtenAt: 9,
  });
  expect(edge.calls.at(-1)).toMatchObject({ body: { state: { turn: 1 }, fencing_number: 4 } });
  view.close();
});

test("who reveals itself is the same member under another name", () => {
  const members = [{ node_id: "anon-1", anonymous: true, joined_at: 1, online: true }];
  const info = sessionInfoOf(sessionInfo({ members, master_id: "anon-1", owner_id: "anon-1" }));
  expect(applied(info, { session: "s", kind: "revealed", name: "anon-1", nodeId: "bob" })).toMatchObject({
    members: [{ name: "bob", anonymous: false, joinedAt: 1, online: true }],
    masterId: "bob",
    ownerId: "bob",
  });
});

/** A fetch whose answer to a GET waits, where `holds` says so, until it is released. */
function holdFetch(holds: () => boolean) {
  let release: () => void = () => {};
  let held: () => void = () => {};
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  const isHeld = new Promise<void>((resolve) => (held = resolve));
  const fetchHeld: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method === "GET" && holds()) {
      held();
      await isReleased;
    }
    return response;
  };
  return { fetch: fetchHeld, isHeld, release };
}
