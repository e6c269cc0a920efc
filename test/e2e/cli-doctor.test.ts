/** `allspark doctor`: a healthy edge, and each of several ills found and named. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli, cliOf, jsonLines } from "../support/cli.ts";
import { type Edge, freePort, startEdge } from "../support/edge.ts";

interface Report {
  ok: boolean;
  checks: { name: string; ok: boolean | null; detail: string; mend?: string }[];
}

const NAMES = [
  "reachable",
  "encrypted",
  "clock",
  "dev keys",
  "key",
  "pre-connection",
  "socket",
  "version",
  "limits",
  "heartbeat",
  "inbox",
  "delivery",
];

let edge: Edge;
let allspark: ReturnType<typeof cliOf>;

beforeAll(async () => {
  edge = await startEdge();
  allspark = cliOf(edge);
});

afterAll(() => edge.close());

async function examined(env: Record<string, string>, args: string[] = []): Promise<Report & { code: number | null }> {
  const { code, stdout, stderr } = await cli(["doctor", "--json", ...args], { env });
  expect(stderr).toBe("");
  const [report] = jsonLines(stdout) as unknown as Report[];
  expect(report?.checks.map(({ name }) => name)).toEqual(NAMES);
  return { code, ...(report as Report) };
}

/** Runs with an edge of its own. */
async function ill(settings: Record<string, string>): Promise<Report & { code: number | null }> {
  const sick = await startEdge({ env: settings });
  try {
    return await examined({ ALLSPARK_URL: sick.url, ALLSPARK_SECRETS: sick.secret });
  } finally {
    await sick.close();
  }
}

const check = ({ checks }: Report, name: string) => checks.find((found) => found.name === name);
const wrong = ({ checks }: Report) => checks.filter(({ ok }) => ok === false).map(({ name }) => name);

test("a healthy edge", async () => {
  const { code, stdout, stderr } = await allspark.run(["doctor"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  expect(lines.slice(0, -1).map((line) => line.slice(0, 2))).toEqual(NAMES.map(() => "✓ "));
  expect(lines.at(-1)).toBe("all is well");
  const report = await examined(allspark.env);
  expect(report).toMatchObject({ code: 0, ok: true });
  expect(check(report, "limits")?.detail).toBe("frames of up to 1048576 bytes, a heartbeat every 25 s");
  expect(check(report, "delivery")?.detail).toContain("was delivered and acked");
});

test("as a node with a full inbox it takes nothing out", async () => {
  await allspark.run(["send", "--as", "alice", "bob", "-"], { stdin: "one\ntwo\n" });
  const report = await examined(allspark.env, ["--as", "bob"]);
  expect(report).toMatchObject({ code: 0, ok: true });
  expect(check(report, "delivery")?.detail).toContain("a volatile message to oneself came");
  const { stdout } = await allspark.run(["inbox", "--as", "bob", "--json"]);
  expect(jsonLines(stdout).map(({ payload }) => payload)).toEqual(["one", "two"]);
});

test("with an auth key alone", async () => {
  const report = await examined({ ALLSPARK_URL: edge.url, ALLSPARK_AUTH_KEY: edge.key("carol") });
  expect(report).toMatchObject({ code: 0, ok: true });
});

test("nothing listens", async () => {
  const report = await examined({
    ALLSPARK_URL: `http://127.0.0.1:${await freePort()}`,
    ALLSPARK_SECRETS: edge.secret,
  });
  expect(report).toMatchObject({ code: 1, ok: false });
  expect(wrong(report)).toEqual(["reachable"]);
  expect(check(report, "reachable")?.mend).toContain("is the edge running");
  expect(check(report, "socket")).toMatchObject({ ok: null });
});

test("something else answers", async () => {
  const server = createServer((_, response) => response.end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const report = await examined({ ALLSPARK_URL: url, ALLSPARK_SECRETS: edge.secret });
  server.close();
  expect(report.code).toBe(1);
  expect(check(report, "reachable")).toMatchObject({ ok: false, mend: "is this the address of the edge itself?" });
});

test("other secrets than the edge's", async () => {
  const report = await examined({ ALLSPARK_URL: edge.url, ALLSPARK_SECRETS: "a secret that the edge does not have" });
  expect(report.code).toBe(1);
  expect(wrong(report)).toEqual(["key"]);
  expect(check(report, "key")?.mend).toContain("must be among the deployment's ALLSPARK_SECRETS");
});

test("an expired key, and none at all", async () => {
  const expired = await examined({ ALLSPARK_URL: edge.url, ALLSPARK_AUTH_KEY: edge.key("carol", { ttlS: -3_600 }) });
  expect(check(expired, "key")).toMatchObject({ ok: false, mend: "make a new one: `allspark key NODE`" });
  const none = await examined({ ALLSPARK_URL: edge.url });
  expect(none.code).toBe(1);
  expect(check(none, "key")).toMatchObject({ ok: false, detail: "there is none to try" });
});

test("a public address that does not lead there", async () => {
  const report = await ill({ ALLSPARK_PUBLIC_URL: `http://127.0.0.1:${await freePort()}` });
  expect(report.code).toBe(1);
  expect(wrong(report)).toEqual(["socket"]);
  expect(check(report, "pre-connection")?.detail).toContain("another host than the edge's");
  expect(check(report, "socket")?.mend).toContain("set ALLSPARK_PUBLIC_URL");
});

test("https in the public address of an edge that is reached by http", async () => {
  const report = await ill({ ALLSPARK_PUBLIC_URL: "https://127.0.0.1:1" });
  expect(report.code).toBe(1);
  expect(wrong(report)).toContain("pre-connection");
  expect(check(report, "pre-connection")?.mend).toMatch(
    /set ALLSPARK_PUBLIC_URL=http:\/\/127\.0\.0\.1:\d+ on the edge/,
  );
});

test("keys for anybody are seen, and fine on one's own machine", async () => {
  const report = await ill({ ALLSPARK_DEV_KEYS: "true" });
  expect(report).toMatchObject({ code: 0, ok: true });
  expect(check(report, "dev keys")?.detail).toBe("on, as is usual for development");
});

test("for people: what is wrong has a ✗ and what to mend", async () => {
  const { code, stdout } = await cli(["doctor"], { env: { ALLSPARK_URL: edge.url } });
  expect(code).toBe(1);
  expect(stdout).toMatch(/✗ key +there is none to try\n +→ who speaks\? .*ALLSPARK_SECRETS/);
  expect(stdout).toMatch(/– socket +not tried, because of the above\n/);
  expect(stdout).toMatch(/mend what has a ✗\n$/);
});
