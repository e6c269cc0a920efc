/** `allspark bench`: a small load, judged. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliOf, jsonLines } from "../support/cli.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import type { LoadReport } from "../../src/cli/load/load-report.ts";

let edge: Edge;
let allspark: ReturnType<typeof cliOf>;

beforeAll(async () => {
  edge = await startEdge();
  allspark = cliOf(edge);
});

afterAll(() => edge.close());

test("rate, latencies and no faults, with progress on stderr", async () => {
  const { code, stdout, stderr } = await allspark.run([
    "bench",
    "--nodes",
    "10",
    "--messages",
    "2000",
    "--window",
    "4",
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^load +2000 messages, 10 nodes, 4 open messages each\nrate +\d+ messages\/s, in [\d.]+ s\nack +p50 [\d.]+ ms, p99 [\d.]+ ms/,
  );
  expect(stdout).toMatch(/faults +0 lost, 0 twice, 0 out of order\n$/);
  expect(stderr).toContain("connections: 10 of 10\n");
  expect(stderr).toContain("messages: 2000 of 2000\n");
});

test("--json is one object and nothing besides", async () => {
  const { code, stdout, stderr } = await allspark.run(["bench", "--nodes", "5", "--messages", "500", "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [result] = jsonLines(stdout) as unknown as LoadReport[];
  expect(result).toMatchObject({
    nodes: 5,
    messages: 500,
    lost: 0,
    duplicates: 0,
    out_of_order: 0,
    refused: 0,
    unanswered: 0,
  });
  expect(result?.delivered).toBe(500 - (result?.stored ?? 0));
  expect(result?.messages_per_second).toBeGreaterThan(0);
  expect(result?.ack_ms.p50).toBeGreaterThan(0);
  expect(result?.ack_ms.p99).toBeGreaterThanOrEqual(result?.ack_ms.p50 ?? Infinity);
  expect(result?.rate_limited).toBe(false);
});

test("what a connection may send being the bound is said", async () => {
  const { code, stdout } = await allspark.run(["bench", "--nodes", "2", "--messages", "2500", "--window", "50"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/bound +200 messages\/s a connection/);
});

test("an edge that dies under it: what is missing is counted, and the exit code is 1", async () => {
  const bench = allspark.start(["bench", "--nodes", "4", "--messages", "100000", "--quiet", "2"]);
  await bench.says(/messages: \d+ of/, 60_000);
  await edge.kill();
  const { code, stdout } = await bench.outcome(60_000);
  await edge.restart();
  expect(code).toBe(1);
  expect(stdout).toMatch(/refused, [1-9]\d* none\n/);
});

test("Ctrl-C ends it", async () => {
  const bench = allspark.start(["bench", "--nodes", "4", "--messages", "100000"]);
  await bench.says("connections: 4 of 4");
  bench.kill("SIGINT");
  expect(await bench.outcome(5_000)).toMatchObject({ code: 130, stdout: "" });
});

test("without secrets it says what it needs", async () => {
  const env = { ALLSPARK_SECRETS: "", ALLSPARK_AUTH_KEY: edge.key("alice") };
  const { code, stderr } = await allspark.run(["bench"], { env });
  expect(code).toBe(2);
  expect(stderr).toContain("set ALLSPARK_SECRETS");
});
