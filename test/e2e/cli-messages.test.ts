/** `allspark send`, `inbox` and `listen`: a message's way from one command to the other, stored or not. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliOf, jsonLines } from "../support/cli.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let edge: Edge;
let allspark: ReturnType<typeof cliOf>;

beforeAll(async () => {
  edge = await startEdge();
  allspark = cliOf(edge);
});

afterAll(() => edge.close());

const payloads = (text: string) => jsonLines<{ payload: unknown }>(text).map(({ payload }) => payload);

test("to a node that is away: stored, shown by inbox, taken by listen", async () => {
  const sent = await allspark.run(["send", "--as", "alice", "bob", "hello"]);
  expect(sent).toMatchObject({ code: 0, stderr: "" });
  expect(sent.stdout).toMatch(/^stored {4}bob {2}\S+\n$/);

  const shown = await allspark.run(["inbox", "--as", "bob"]);
  expect(shown).toMatchObject({ code: 0, stderr: "" });
  expect(shown.stdout).toMatch(/^ +\d+ {2}\d\d:\d\d:\d\d alice: hello\n$/);
  // Looking has taken nothing.
  expect(payloads((await allspark.run(["inbox", "--as", "bob", "--json"])).stdout)).toEqual(["hello"]);

  const listened = await allspark.run(["listen", "--as", "bob", "--count", "1"]);
  expect(listened.code).toBe(0);
  expect(listened.stdout).toMatch(/^\d\d:\d\d:\d\d alice: hello\n$/);

  expect(await allspark.run(["inbox", "--as", "bob"])).toEqual({ code: 0, stdout: "", stderr: "(nothing waits)\n" });
  expect(await allspark.run(["inbox", "--as", "bob", "--json"])).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("to a node that listens: delivered; --json gives the message as it stood on the wire", async () => {
  const listener = allspark.start(["listen", "--as", "carol", "--count", "2", "--json"]);
  const isConnected = async () => {
    const { body } = await edge.call<{ online?: boolean }>("GET", "/v1/nodes/carol", edge.key("carol"));
    return body.online === true;
  };
  await expect.poll(isConnected, { timeout: 15_000 }).toBe(true);

  const args = ["send", "--as", "alice", "carol", '{"score": 3}', "--json-payload", "--type", "7", "--json"];
  const sent = await allspark.run(args);
  const [receipt] = jsonLines(sent.stdout);
  expect(receipt).toEqual({ to: "carol", id: expect.any(String), status: "delivered" });
  await allspark.run(["send", "--as", "alice", "carol", "--", "--json"]);

  const { code, stdout, stderr } = await listener.outcome();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [first, second] = jsonLines(stdout);
  expect(first).toMatchObject({
    kind: "message",
    id: receipt?.["id"],
    src_id: "alice",
    dest_id: "carol",
    type: 7,
    payload: { score: 3 },
  });
  expect(second).toMatchObject({ kind: "message", payload: "--json" });
});

test("several nodes get a message each", async () => {
  const { code, stdout } = await allspark.run(["send", "--as", "alice", "n1", "n2", "n3", "hi", "--json"]);
  expect(code).toBe(0);
  expect(jsonLines(stdout).map(({ to }) => to)).toEqual(["n1", "n2", "n3"]);
  for (const node of ["n1", "n2", "n3"]) {
    expect(payloads((await allspark.run(["inbox", "--as", node, "--json"])).stdout)).toEqual(["hi"]);
  }
});

test("each line of standard input is a message, in order", async () => {
  const lines = Array.from({ length: 1_500 }, (_, index) => `line ${index}`);
  const stdin = `${lines.join("\n")}\n`;
  const sent = await allspark.run(["send", "--as", "alice", "dora", "-", "--json"], { stdin });
  expect(sent).toMatchObject({ code: 0, stderr: "" });
  expect(jsonLines(sent.stdout)).toHaveLength(lines.length);

  const listened = await allspark.run(["listen", "--as", "dora", "--count", String(lines.length), "--json"]);
  expect(listened.code).toBe(0);
  expect(payloads(listened.stdout)).toEqual(lines);
});

test("a line that is typed is sent before the next one", async () => {
  const sender = allspark.start(["send", "--as", "alice", "emil", "-"]);
  sender.type("first");
  await sender.says("emil");
  expect(payloads((await allspark.run(["inbox", "--as", "emil", "--json"])).stdout)).toEqual(["first"]);
  sender.child.stdin?.end();
  expect((await sender.outcome()).code).toBe(0);
});

test("lines of JSON; one that is none ends it, and says so", async () => {
  const stdin = '{"a":1}\n[2]\nthree\n';
  const { code, stdout, stderr } = await allspark.run(["send", "--as", "alice", "fred", "-", "--json-payload"], {
    stdin,
  });
  expect(code).toBe(2);
  expect(stdout).toMatch(/^stored .*\nstored .*\n$/);
  expect(stderr).toContain("--json-payload takes must be JSON");
  expect(payloads((await allspark.run(["inbox", "--as", "fred", "--json"])).stdout)).toEqual([{ a: 1 }, [2]]);
});

test("a file is one message", async () => {
  const file = join(temporaryFolder("file"), "notes.txt");
  writeFileSync(file, "two\nlines\n");
  expect((await allspark.run(["send", "--as", "alice", "gina", "--file", file])).code).toBe(0);
  const shown = await allspark.run(["inbox", "--as", "gina"]);
  // A message is one line, whatever is in it.
  expect(shown.stdout).toMatch(/alice: two\\nlines\\n\n$/);
  expect(payloads((await allspark.run(["inbox", "--as", "gina", "--json"])).stdout)).toEqual(["two\nlines\n"]);
});

test("to every node of a client; a client that nobody knows is refused", async () => {
  const key = await allspark.run(["key", "hugo", "--client", "c-42"]);
  await allspark.run(["whoami"], { env: { ALLSPARK_AUTH_KEY: key.stdout.trim(), ALLSPARK_SECRETS: "" } });
  const sent = await allspark.run(["send", "--as", "alice", "--to-client", "c-42", "hi", "--json"]);
  expect(sent.code).toBe(0);
  expect(jsonLines(sent.stdout)).toMatchObject([{ client_id: "c-42", status: "stored" }]);
  expect(payloads((await allspark.run(["inbox", "--as", "hugo", "--json"])).stdout)).toEqual(["hi"]);

  const refused = await allspark.run(["send", "--as", "alice", "--to-client", "nobody", "hi", "--json"]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(jsonLines(refused.stderr)).toMatchObject([{ error: { code: "CLIENT_UNKNOWN", temporary: false } }]);
});

test("volatile, ttl and collapse key", async () => {
  const now = await allspark.run(["send", "--as", "alice", "ida", "now or never", "--volatile", "--json"]);
  expect(jsonLines(now.stdout)).toEqual([{ to: "ida", status: "sent" }]);
  for (const score of ["1:0", "1:1"]) {
    await allspark.run(["send", "--as", "alice", "ida", score, "--collapse-key", "score", "--ttl", "600"]);
  }
  const { stdout } = await allspark.run(["inbox", "--as", "ida", "--json"]);
  expect(jsonLines(stdout)).toMatchObject([{ payload: "1:1", collapse_key: "score", ttl_ms: 600_000 }]);
});

test("what is in the inbox is shown in parts, and taken out up to a seq", async () => {
  await allspark.run(["send", "--as", "alice", "jack", "-"], { stdin: "one\ntwo\nthree\n" });
  const all = jsonLines<{ seq: number; payload: string }>(
    (await allspark.run(["inbox", "--as", "jack", "--json"])).stdout,
  );
  expect(all.map(({ payload }) => payload)).toEqual(["one", "two", "three"]);
  const seqs = all.map(({ seq }) => String(seq));
  const newest = await allspark.run(["inbox", "--as", "jack", "--newest", "--limit", "1", "--json"]);
  expect(payloads(newest.stdout)).toEqual(["three"]);
  const part = await allspark.run(["inbox", "--as", "jack", "--from", seqs[1]!, "--to", seqs[1]!, "--json"]);
  expect(payloads(part.stdout)).toEqual(["two"]);

  const acked = await allspark.run(["inbox", "--as", "jack", "--ack", seqs[1]!]);
  expect(acked).toEqual({ code: 0, stdout: "2 messages are out of the inbox\n", stderr: "" });
  expect(payloads((await allspark.run(["inbox", "--as", "jack", "--json"])).stdout)).toEqual(["three"]);
  expect((await allspark.run(["inbox", "--as", "jack", "--ack", seqs[2]!, "--json"])).stdout).toBe('{"removed":1}\n');
});

test("a holder of a key alone reads its own inbox", async () => {
  await allspark.run(["send", "--as", "alice", "kim", "for kim"]);
  const env = { ALLSPARK_AUTH_KEY: edge.key("kim"), ALLSPARK_SECRETS: "" };
  expect(payloads((await allspark.run(["inbox", "--json"], { env })).stdout)).toEqual(["for kim"]);
});

test("sending takes nothing of what waits for the sender, notices of sessions included", async () => {
  const session = (await allspark.run(["session", "create", "--as", "lea", "--anyone-can-join"])).stdout.trim();
  await allspark.run(["session", "join", session, "--as", "mia"]);
  await allspark.run(["send", "--as", "lea", "alice", "from lea"]);
  await allspark.run(["whoami", "--as", "lea"]);
  await allspark.run(["send", "--as", "alice", "lea", "waits for lea"]);
  await allspark.run(["send", "--as", "lea", "alice", "from lea"]);
  const { stdout } = await allspark.run(["listen", "--as", "lea", "--count", "1", "--json"]);
  expect(jsonLines(stdout)).toMatchObject([
    { kind: "session", event: "joined", name: "mia" },
    { kind: "message", payload: "waits for lea" },
  ]);
});
