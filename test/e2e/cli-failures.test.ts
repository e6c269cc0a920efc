/** What goes wrong has an exit code that says whether to try again, an error that says what to mend, and no key in it. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli, jsonLines, RunningCli } from "../support/cli.ts";
import { type Edge, freePort, startEdge } from "../support/edge.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SECRET = "a secret that is nobody's but this test's";
let edge: Edge;

beforeAll(async () => {
  edge = await startEdge();
});

afterAll(() => edge.close());

async function serving(listener: Parameters<typeof createServer>[1]): Promise<{ url: string; server: Server }> {
  const server = createServer(listener as never);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

test("not reachable: 3, with why", async () => {
  const env = { ALLSPARK_URL: `http://127.0.0.1:${await freePort()}`, ALLSPARK_SECRETS: SECRET };
  for (const args of [
    ["whoami"],
    ["send", "bob", "hi"],
    ["listen"],
    ["chat", "bob"],
    ["inbox"],
    ["session", "create"],
  ]) {
    const { code, stdout, stderr } = await cli([...args, "--as", "alice", "--json"], { env });
    expect({ args, code, stdout }).toEqual({ args, code: 3, stdout: "" });
    const [{ error } = { error: undefined }] = jsonLines<{ error: { code: string; message: string } }>(stderr);
    expect(error).toMatchObject({ code: "NETWORK", temporary: true });
    expect(error?.message).toContain("ECONNREFUSED");
  }
  expect((await cli(["node", "info", "bob"], { env })).code).toBe(3);
  expect((await cli(["bench", "--nodes", "2", "--messages", "1"], { env })).code).toBe(3);
});

test("something else than an Allspark answers: 1, and it says so", async () => {
  const { url, server } = await serving((_, response) => response.end("<html>hello</html>"));
  const env = { ALLSPARK_URL: url, ALLSPARK_SECRETS: SECRET };
  for (const args of [
    ["whoami", "--as", "alice"],
    ["inbox", "--as", "alice"],
    ["node", "info", "bob"],
  ]) {
    const { code, stderr } = await cli(args, { env });
    expect({ args, code }).toEqual({ args, code: 1 });
    expect(stderr).toContain("is this an Allspark?");
  }
  server.close();
});

test("the key is refused: 4, saying where it came from and not what it is", async () => {
  const wrong = { ALLSPARK_URL: edge.url, ALLSPARK_SECRETS: SECRET };
  for (const args of [["whoami"], ["send", "bob", "hi"], ["listen"], ["inbox"]]) {
    const { code, stdout, stderr } = await cli([...args, "--as", "alice"], { env: wrong });
    expect({ args, code, stdout }).toEqual({ args, code: 4, stdout: "" });
    expect(stderr).toContain("made with ALLSPARK_SECRETS");
    expect(stderr).not.toContain(SECRET);
  }
  const expired = edge.key("alice", { ttlS: -3_600 });
  const { code, stderr } = await cli(["whoami", "--url", edge.url, "--auth-key", expired, "--json"]);
  expect(code).toBe(4);
  expect(jsonLines(stderr)).toMatchObject([{ error: { code: "AUTH_EXPIRED", temporary: false } }]);
  expect(stderr).not.toContain(expired);
});

test("wrong usage: 2, and what would be right", async () => {
  const env = { ALLSPARK_URL: edge.url, ALLSPARK_SECRETS: SECRET };
  const cases: [string[], string][] = [
    [["whoami"], "Give --as NODE"],
    [["nonsense"], "unknown command 'nonsense'"],
    [["listen", "--nonsense"], "unknown option '--nonsense'"],
    [["listen", "--as", "a", "--count", "0"], "It must be a whole number, 1 or above."],
    [["listen", "--as", "a", "--timeout", "soon"], "It must be a number of seconds above 0."],
    [["send", "--as", "a", "hello"], 'is "hello" the text or the node?'],
    [["send", "--as", "a"], "send what, and to whom?"],
    [["send", "--as", "a", "--file", "/no/such/file", "bob"], "/no/such/file cannot be read (ENOENT)"],
    [["send", "--as", "a", "bob", "{", "--json-payload"], "must be JSON"],
    [["send", "--as", "a", "bob", "hi", "--type", "100"], "100 to 199 are the protocol's own."],
    [["send", "--as", "a", "--to-client", "c", "bob", "hi"], "--to-client is a destination of its own"],
    [["chat", "--as", "a"], "with whom?"],
    [["inbox", "--as", "a", "--ack", "1", "--newest"], "cannot be used with option"],
    [["inbox", "--as", "a", "--from", "3", "--to", "2"], "from must not be above to"],
    [["key"], "missing required argument 'node'"],
    [["key", "n", "--ttl", "5", "--format", "v2"], "a v2 key cannot hold a ttl"],
    [["session", "create", "--as", "a", "--master", "a"], "add --game"],
    [["push", "add", "carrier-pigeon", "x", "--as", "a"], "Allowed choices are fcm, apns, webpush, webhook"],
    [["push", "add", "apns", "token", "--as", "a"], "apns needs --topic"],
    [["bench", "--nodes", "1"], "2 to 1000"],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await cli(args, { env });
    expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  }
  const json = await cli(["listen", "--nonsense", "--json"], { env });
  expect(jsonLines(json.stderr)).toMatchObject([{ error: { code: "USAGE", temporary: false } }]);
});

test("a command without a subcommand: its help on stderr, and 2", async () => {
  for (const args of [[], ["session"], ["node"], ["push"]]) {
    const { code, stdout, stderr } = await cli(args);
    expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
    expect(stderr).toContain(`Usage: ${["allspark", ...args].join(" ")}`);
  }
});

test("configuration from .allspark.json, found from below, is used and may be wrong", async () => {
  const folder = temporaryFolder("config");
  writeFileSync(join(folder, ".allspark.json"), JSON.stringify({ url: edge.url, secrets: edge.secret, as: "alice" }));
  const who = await cli(["whoami", "--json"], { cwd: mkdtempSync(join(folder, "below-")) });
  expect(jsonLines(who.stdout)).toMatchObject([{ node_id: "alice", url: edge.url }]);
  writeFileSync(join(folder, ".allspark.json"), `{"secrets": "${SECRET}",`);
  const broken = await cli(["whoami", "--as", "alice"], { cwd: folder });
  expect(broken.code).toBe(2);
  expect(broken.stderr).toContain(".allspark.json is not JSON");
  expect(broken.stderr).not.toContain(SECRET);
});

test("secrets of .dev.vars are used where nothing else is given", async () => {
  const cwd = temporaryFolder("dev");
  writeFileSync(join(cwd, ".dev.vars"), `ALLSPARK_SECRETS="${edge.secret}"\n`);
  expect((await cli(["whoami", "--as", "alice", "--url", edge.url], { cwd })).code).toBe(0);
});

test("Ctrl-C ends it at once with 130, also while it connects to what does not answer", async () => {
  const sockets = new Set<{ destroy(): void }>();
  const silent = createTcpServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const asked = new Promise<void>((resolve) => silent.once("connection", () => resolve()));
  const env = { ALLSPARK_URL: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, ALLSPARK_SECRETS: SECRET };
  const command = new RunningCli(["whoami", "--as", "alice"], { env });
  await asked;
  const pressedAt = Date.now();
  command.kill("SIGINT");
  expect(await command.outcome(10_000)).toEqual({ code: 130, stdout: "", stderr: "" });
  expect(Date.now() - pressedAt).toBeLessThan(3_000);
  for (const socket of sockets) socket.destroy();
  silent.close();
});
