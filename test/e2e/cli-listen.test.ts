/** `allspark listen`: what it prints it acks, and nothing else, however it ends. */
import { once } from "node:events";
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

const send = (to: string, ...lines: string[]) =>
  allspark.run(["send", "--as", "alice", to, "-"], { stdin: `${lines.join("\n")}\n` });
const waiting = async (node: string) =>
  jsonLines<{ payload: unknown }>((await allspark.run(["inbox", "--as", node, "--json"])).stdout).map(
    ({ payload }) => payload,
  );

test("--count leaves the next message where it is", async () => {
  await send("bob", "one", "two", "three");
  const { code, stdout } = await allspark.run(["listen", "--as", "bob", "--count", "2", "--json"]);
  expect(code).toBe(0);
  expect(jsonLines(stdout).map(({ payload }) => payload)).toEqual(["one", "two"]);
  expect(await waiting("bob")).toEqual(["three"]);
});

test("--no-ack leaves everything, and may look twice", async () => {
  await send("carol", "one", "two");
  for (let look = 0; look < 2; look += 1) {
    const { stdout } = await allspark.run(["listen", "--as", "carol", "--no-ack", "--count", "2", "--json"]);
    expect(jsonLines(stdout).map(({ payload }) => payload)).toEqual(["one", "two"]);
  }
  expect(await waiting("carol")).toEqual(["one", "two"]);
});

test("--timeout: done where no count was asked for, else exit code 3", async () => {
  const alone = await allspark.run(["listen", "--as", "dora", "--timeout", "0.3"]);
  expect(alone).toMatchObject({ code: 0, stdout: "" });
  const counted = await allspark.run(["listen", "--as", "dora", "--timeout", "0.3", "--count", "1", "--json"]);
  expect(counted).toMatchObject({ code: 3, stdout: "" });
  expect(jsonLines(counted.stderr)).toEqual([
    { error: { code: "TIMEOUT", message: "0 of 1 messages came in time", temporary: true } },
  ]);
});

test("Ctrl-C ends it with 130, SIGTERM with 143; what was printed is acked", async () => {
  for (const [signal, code] of [["SIGINT", 130] as const, ["SIGTERM", 143] as const]) {
    const listener = allspark.start(["listen", "--as", "emil"]);
    await listener.says("listening as emil");
    await send("emil", `before ${signal}`);
    await listener.says(`before ${signal}`);
    listener.kill(signal);
    expect((await listener.outcome(5_000)).code).toBe(code);
    expect(await waiting("emil")).toEqual([]);
  }
});

test("a reader that has had enough: it ends, and what nobody read is not acked", async () => {
  await send("fred", "one", "two");
  const listener = allspark.start(["listen", "--as", "fred", "--count", "3"]);
  await listener.says("two");
  listener.child.stdout?.destroy();
  await once(listener.child.stdout!, "close");
  await send("fred", "three");
  expect(await listener.outcome(10_000)).toMatchObject({ code: 0 });
  expect(await waiting("fred")).toEqual(["three"]);
});

test("comes back after the edge was killed, and misses nothing", async () => {
  const listener = allspark.start(["listen", "--as", "gina", "--count", "2"]);
  await listener.says("listening as gina");
  await send("gina", "before");
  await listener.says("alice: before");
  await edge.kill();
  await listener.says("trying again");
  await edge.restart();
  await listener.says("connected again", 60_000);
  await send("gina", "after");
  const { code, stdout } = await listener.outcome();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\S+ alice: before\n\S+ alice: after\n$/);
});

test("ends where the node is revoked meanwhile", async () => {
  const listener = allspark.start(["listen", "--as", "hugo", "--json"]);
  await expect
    .poll(async () => (await allspark.run(["node", "info", "hugo", "--json"])).stdout, { timeout: 15_000 })
    .toContain('"online":true');
  const revoked = await allspark.run(["node", "revoke", "hugo", "--json"]);
  expect(jsonLines(revoked.stdout)).toMatchObject([{ node_id: "hugo", closed_connections: 1 }]);
  const { code, stderr } = await listener.outcome();
  expect(code).toBe(4);
  expect(jsonLines(stderr)).toMatchObject([{ error: { temporary: false } }]);
});

test("what would move the cursor or change colours is written out", async () => {
  await allspark.run(["send", "--as", "alice", "ida", "\u001b[2Jgone\u202e"]);
  const { stdout } = await allspark.run(["listen", "--as", "ida", "--count", "1"]);
  expect(stdout).toMatch(/ alice: \\u001b\[2Jgone\\u202e\n$/);
});
