/** `allspark chat`: two people in two terminals. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliOf, jsonLines, type RunningCli } from "../support/cli.ts";
import { type Edge, startEdge } from "../support/edge.ts";

let edge: Edge;
let allspark: ReturnType<typeof cliOf>;

beforeAll(async () => {
  edge = await startEdge();
  allspark = cliOf(edge);
});

afterAll(() => edge.close());

async function chatting(...args: string[]): Promise<RunningCli> {
  const chat = allspark.start(["chat", ...args]);
  await chat.says("/quit ends it");
  return chat;
}

test("what one types the other sees, and the other way round; /quit and the end of input end it", async () => {
  const alice = await chatting("bob", "--as", "alice");
  const bob = await chatting("alice", "--as", "bob");
  alice.type("hello bob");
  await bob.says(/alice: hello bob\n/);
  bob.type("hello alice");
  await alice.says(/bob: hello alice\n/);
  alice.type("/quit");
  expect((await alice.outcome(5_000)).code).toBe(0);
  bob.type("are you still there?");
  await bob.says("(stored: alice is away, it comes later)");
  bob.child.stdin?.end();
  const { code, stdout } = await bob.outcome(5_000);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\S+ alice: hello bob\n\(stored: /);
});

test("what is typed before it is connected is sent, the last line too", async () => {
  const stdin = "one\n\ntwo\nthree";
  expect((await allspark.run(["chat", "carol", "--as", "alice"], { stdin })).code).toBe(0);
  const { stdout } = await allspark.run(["inbox", "--as", "carol", "--json"]);
  expect(jsonLines(stdout).map(({ payload }) => payload)).toEqual(["one", "two", "three"]);
});

test("what a third one sends is shown, since it is taken", async () => {
  const alice = await chatting("bob", "--as", "alice");
  await allspark.run(["send", "--as", "dora", "alice", "alice, dinner is ready"]);
  await alice.says(/dora: alice, dinner is ready\n/);
  alice.kill("SIGINT");
  expect((await alice.outcome(5_000)).code).toBe(130);
});

test("in a session, with who comes and goes; --json gives receipts too", async () => {
  const session = (await allspark.run(["session", "create", "--as", "alice", "--anyone-can-join"])).stdout.trim();
  const alice = await chatting("--session", session, "--as", "alice");
  await allspark.run(["session", "join", session, "--as", "bob"]);
  await alice.says("bob has joined");
  const bob = allspark.start(["chat", "--session", session, "--as", "bob", "--json"]);
  bob.type("hello all");
  await alice.says(/\d\d bob: hello all\n/);
  alice.type("welcome");
  await bob.says('"payload":"welcome"');
  await bob.says('"kind":"receipt"');
  const lines = jsonLines(bob.stdout);
  expect(lines).toContainEqual({ kind: "receipt", id: expect.any(String), status: "delivered" });
  expect(lines).toContainEqual(
    expect.objectContaining({ kind: "message", src_id: "alice", dest_session_id: session, payload: "welcome" }),
  );
  for (const person of [alice, bob]) person.type("/quit");
  expect((await alice.outcome(5_000)).code).toBe(0);
  expect(await bob.outcome(5_000)).toMatchObject({ code: 0, stderr: "" });
});

test("a message that is refused is told of, and the chat goes on", async () => {
  const alice = await chatting("--session", "no-such-session", "--as", "alice");
  alice.type("anybody?");
  await alice.says("allspark: ");
  alice.type("/quit");
  expect((await alice.outcome(5_000)).code).toBe(0);
});
