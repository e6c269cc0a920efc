/** `allspark session …`: a session's life from one command to the next. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliOf, jsonLines } from "../support/cli.ts";
import { type Edge, startEdge } from "../support/edge.ts";

let edge: Edge;
let allspark: ReturnType<typeof cliOf>;

beforeAll(async () => {
  edge = await startEdge();
  allspark = cliOf(edge);
});

afterAll(() => edge.close());

const session = (...args: string[]) => allspark.run(["session", ...args]);
const made = async (...args: string[]) => {
  const { code, stdout, stderr } = await session("create", ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^[\w-]+\n$/);
  return stdout.trim();
};
const memberNames = async (id: string, as: string) =>
  jsonLines<{ name: string }>((await session("members", id, "--as", as, "--json")).stdout).map(({ name }) => name);

test("create, join, info, members, leave, close", async () => {
  const id = await made("--as", "alice", "--anyone-can-join");
  expect(await session("join", id, "--as", "bob")).toEqual({ code: 0, stdout: "bob is a member\n", stderr: "" });
  expect(await memberNames(id, "alice")).toEqual(["alice", "bob"]);

  const info = await session("info", id, "--as", "bob");
  expect(info).toMatchObject({ code: 0, stderr: "" });
  expect(info.stdout).toContain("normal, anyone can join");
  expect(info.stdout).toMatch(/members +2: alice, bob\n/);
  const [json] = jsonLines((await session("info", id, "--as", "bob", "--json")).stdout);
  expect(json).toMatchObject({
    session_id: id,
    is_game: false,
    owner_id: "alice",
    member_count: 2,
    me: { node_id: "bob", anonymous_id: null },
  });

  expect((await session("leave", id, "--as", "bob")).stdout).toBe("out\n");
  expect((await session("leave", id, "--as", "bob", "--json")).stdout).toBe('{"removed":false}\n');
  expect(await memberNames(id, "alice")).toEqual(["alice"]);
  expect((await session("close", id, "--as", "alice")).stdout).toBe("closed; it had 1 member\n");
  const gone = await session("info", id, "--as", "alice", "--json");
  expect(gone).toMatchObject({ code: 1, stdout: "" });
  expect(jsonLines(gone.stderr)).toMatchObject([{ error: { code: "SESSION_UNKNOWN" } }]);
});

test("the owner adds and takes out; others may not", async () => {
  const id = await made("--as", "alice");
  const refused = await session("join", id, "--as", "bob", "--json");
  expect(refused).toMatchObject({ code: 4, stdout: "" });
  expect(jsonLines(refused.stderr)).toMatchObject([{ error: { code: "SESSION_UNAUTHORIZED", temporary: false } }]);
  expect((await session("join", id, "--as", "alice", "--node", "bob")).stdout).toBe("bob is a member\n");
  expect(await memberNames(id, "bob")).toEqual(["alice", "bob"]);
  expect((await session("close", id, "--as", "bob")).code).toBe(4);
  expect((await session("leave", id, "--as", "alice", "--member", "bob")).stdout).toBe("out\n");
  expect(await memberNames(id, "alice")).toEqual(["alice"]);
});

test("anonymous until it is revealed", async () => {
  const id = await made("--as", "alice", "--anyone-can-join");
  const joined = await session("join", id, "--as", "bob", "--anonymous", "--json");
  const [membership] = jsonLines<{ anonymous_id: string }>(joined.stdout);
  expect(membership).toEqual({ node_id: "bob", anonymous_id: expect.stringMatching(/^anon-/) });
  expect(await memberNames(id, "alice")).toEqual(["alice", membership?.anonymous_id]);
  expect((await session("join", id, "--as", "carol", "--anonymous-id", "masked")).stdout).toBe(
    "carol is a member, known as masked\n",
  );
  expect((await session("reveal", id, "--as", "bob")).code).toBe(0);
  expect(await memberNames(id, "alice")).toEqual(["alice", "bob", "masked"]);
});

test("watch: who is there, who comes and goes, what is said, and the end", async () => {
  const id = await made("--as", "alice", "--anyone-can-join", "--presence");
  const watcher = allspark.start(["session", "watch", id, "--as", "alice"]);
  await watcher.says(`[${id}] 1 member: alice`);
  await session("join", id, "--as", "bob");
  await watcher.says("bob has joined");
  await allspark.run(["send", "--as", "bob", "--session", id, "hi all"]);
  await watcher.says("bob is online");
  await watcher.says("bob: hi all");
  await session("leave", id, "--as", "bob");
  await watcher.says("bob has left");
  await session("close", id, "--as", "alice");
  const { code, stdout } = await watcher.outcome();
  expect(code).toBe(0);
  expect(stdout).toMatch(/the session is closed\n$/);
});

test("watch --json: one object a line", async () => {
  const id = await made("--as", "alice", "--anyone-can-join");
  const watcher = allspark.start(["session", "watch", id, "--as", "alice", "--json"]);
  await watcher.says('"kind":"info"');
  await session("join", id, "--as", "bob");
  await watcher.says('"joined"');
  await session("close", id, "--as", "alice");
  const { code, stdout, stderr } = await watcher.outcome();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(jsonLines(stdout)).toMatchObject([
    { kind: "info", session_id: id, member_count: 1 },
    { kind: "session", event: "joined", session: id, name: "bob" },
    { kind: "session", event: "removed", session: id, reason: "closed" },
  ]);
});

test("watch of a session that one is not in is refused", async () => {
  const id = await made("--as", "alice");
  expect((await session("watch", id, "--as", "bob")).code).toBe(4);
});

test("a history, oldest or newest first; none where it was not asked for", async () => {
  const id = await made("--as", "alice", "--history-messages", "10");
  await allspark.run(["send", "--as", "alice", "--session", id, "-"], { stdin: "one\ntwo\nthree\n" });
  const read = async (...args: string[]) =>
    jsonLines((await session("history", id, "--as", "alice", "--json", ...args)).stdout).map(({ payload }) => payload);
  expect(await read()).toEqual(["one", "two", "three"]);
  expect(await read("--newest", "--limit", "2")).toEqual(["three", "two"]);
  const without = await made("--as", "alice");
  expect((await session("history", without, "--as", "alice")).code).toBe(1);
});

test("a game has a master; an id of one's own takes an app node, which secrets make", async () => {
  const game = await made("--as", "alice", "--game");
  expect((await session("info", game, "--as", "alice")).stdout).toMatch(/kind +game/);
  const id = `lobby-${crypto.randomUUID()}`;
  expect(await made("--as", "backend", "--id", id)).toBe(id);
  // Without --as it is asked as an app node, who is in no session.
  expect(jsonLines((await session("info", id, "--json")).stdout)).toMatchObject([{ session_id: id, me: null }]);
  const env = { ALLSPARK_AUTH_KEY: edge.key("somebody"), ALLSPARK_SECRETS: "" };
  expect((await allspark.run(["session", "create", "--id", "mine"], { env })).code).toBe(4);
});
