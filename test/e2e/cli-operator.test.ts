/** `allspark key`, `whoami`, `node` and `push`: who is who, and what an operator does. */
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

test("a key that it makes is good, and whoami says whose it is", async () => {
  const { code, stdout, stderr } = await allspark.run(["key", "alice"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const env = { ALLSPARK_AUTH_KEY: stdout.trim(), ALLSPARK_SECRETS: "" };
  const who = await allspark.run(["whoami", "--json"], { env });
  expect(who).toMatchObject({ code: 0, stderr: "" });
  const [answer] = jsonLines<{ round_trip_ms: number; clock_offset_ms: number }>(who.stdout);
  expect(answer).toEqual({
    node_id: "alice",
    url: edge.url,
    connection_id: expect.any(String),
    clock_offset_ms: expect.any(Number),
    round_trip_ms: expect.any(Number),
  });
  expect(answer?.round_trip_ms).toBeGreaterThan(0);
  // One machine, one clock; connecting takes a while.
  expect(Math.abs(answer?.clock_offset_ms ?? Infinity)).toBeLessThan(5_000);
});

test("whoami for people", async () => {
  const { code, stdout } = await allspark.run(["whoami", "--as", "alice"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^node +alice\nedge +http:\/\/\S+ \(ALLSPARK_URL\)\nconnection +\S+\nclock +the edge's is .*\nround trip +[\d.]+ ms\n$/,
  );
});

test("node info: online or not, and what waits", async () => {
  expect((await allspark.run(["node", "info", "never-seen"])).code).toBe(1);
  await allspark.run(["whoami", "--as", "bob"]);
  await allspark.run(["send", "--as", "alice", "bob", "-"], { stdin: "one\ntwo\n" });
  const { code, stdout } = await allspark.run(["node", "info", "bob"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/online +no\n/);
  expect(stdout).toMatch(/inbox +2 messages, \d+ bytes, seq \d+ to \d+\n/);
  const listener = allspark.start(["listen", "--as", "bob", "--no-ack"]);
  await listener.says("two");
  const [online] = jsonLines((await allspark.run(["node", "info", "--as", "bob", "--json"])).stdout);
  expect(online).toMatchObject({ node_id: "bob", online: true, inbox: { messages: 2 } });
  listener.kill("SIGTERM");
  await listener.outcome();
});

test("a node may look at itself and at no other", async () => {
  await allspark.run(["whoami", "--as", "carol"]);
  const env = { ALLSPARK_AUTH_KEY: edge.key("carol"), ALLSPARK_SECRETS: "" };
  expect((await allspark.run(["node", "info"], { env })).stdout).toMatch(/^node +carol\n/);
  const other = await allspark.run(["node", "info", "alice", "--json"], { env });
  expect(other).toMatchObject({ code: 4, stdout: "" });
  expect(jsonLines(other.stderr)).toMatchObject([{ error: { code: "FORBIDDEN" } }]);
});

test("revoked: keys of before are refused, new ones are good", async () => {
  const before = edge.key("dora");
  const env = { ALLSPARK_AUTH_KEY: before, ALLSPARK_SECRETS: "" };
  expect((await allspark.run(["whoami"], { env })).code).toBe(0);
  const revoked = await allspark.run(["node", "revoke", "dora"]);
  expect(revoked).toMatchObject({ code: 0, stderr: "" });
  expect(revoked.stdout).toMatch(/^keys of dora made before \S+Z are refused; \d+ connections? closed\n$/);
  const refused = await allspark.run(["whoami"], { env });
  expect(refused).toMatchObject({ code: 4, stdout: "" });
  expect(refused.stderr).toContain("The key is that of ALLSPARK_AUTH_KEY.");
  expect(refused.stderr).not.toContain(before);
  expect((await allspark.run(["whoami", "--as", "dora"])).code).toBe(0);
});

test("push targets are added, listed without their secrets, and removed", async () => {
  const push = (...args: string[]) => allspark.run(["push", ...args, "--as", "pam"]);
  const SECRET = "whsec_bm9ib2R5IGtub3dzIHRoaXMgc2VjcmV0IG9mIG91cnM=";
  expect(await push("list")).toMatchObject({ code: 0, stdout: "", stderr: "(none)\n" });
  expect(await push("add", "fcm", "a-registration-token-of-pams-phone")).toMatchObject({
    code: 0,
    stdout: "the fcm target is registered\n",
  });
  expect((await push("add", "fcm", "cIr5c5nQT0yxQz-_AAAAAA", "--fid")).code).toBe(0);
  expect((await push("add", "webhook", "https://hooks.example.org/a/path", "--secret", SECRET)).code).toBe(0);
  const refused = await push("add", "webhook", "https://localhost/", "--secret", SECRET);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain("url must be at a public host");

  const { stdout } = await push("list");
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toEqual([
    expect.stringMatching(/^fcm +\S{8}  +\S+Z  token_end -phone$/),
    expect.stringMatching(/^fcm +\S{8}  +\S+Z  fid cIr5c5nQT0yxQz-_AAAAAA$/),
    expect.stringMatching(/^webhook +\S{8}  +\S+Z  origin https:\/\/hooks.example.org$/),
  ]);
  const id = lines[2]!.split(/ +/)[1]!;
  expect((await push("remove", "webhook", "--id", id)).stdout).toBe("1 removed\n");
  expect((await push("remove", "fcm", "a-registration-token-of-pams-phone")).stdout).toBe("1 removed\n");
  expect((await push("remove", "apns")).stdout).toBe("0 removed\n");
  // There is no Firebase here: nobody has taken it, and the code says so.
  expect(await push("test")).toMatchObject({ code: 1, stdout: "", stderr: "(none)\n" });
  const json = await push("list", "--json");
  expect(jsonLines(json.stdout)).toMatchObject([{ kind: "fcm", fid: "cIr5c5nQT0yxQz-_AAAAAA" }]);
});
