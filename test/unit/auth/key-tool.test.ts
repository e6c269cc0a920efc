/** tools/key.ts as a child process, in a copy of the checkout that has a .dev.vars of its own. */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { importVapidKey } from "../../../src/push/vapid-keys.ts";
import { authConfig } from "./config.ts";
import { FIRST, SECOND } from "./vectors.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "allspark-key-"));
  for (const part of [
    "package.json",
    "tools/key.ts",
    "tools/key",
    "tools/command-line.ts",
    "src/domain",
    "src/protocol",
    "src/http/auth",
    "src/push/vapid-keys.ts",
  ]) {
    cpSync(join(CHECKOUT, part), join(root, part), { recursive: true });
  }
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeEach(() => rmSync(join(root, ".dev.vars"), { force: true }));

async function run(args: string[], settings: Record<string, string> = { ALLSPARK_SECRETS: `${FIRST},${SECOND}` }) {
  const child = spawn(process.execPath, [join(root, "tools/key.ts"), ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"], ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  }
  const code = await new Promise<number | null>((done, fail) => child.on("close", done).on("error", fail));
  return { code, ...output };
}

/** The caller of the key that was printed, and nothing else was. */
async function callerOf({ code, stdout, stderr }: Awaited<ReturnType<typeof run>>, config = authConfig()) {
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^[!-~]+\n$/);
  const outcome = await verifyAuthKey(stdout.trim(), config, Date.now());
  return outcome.ok ? outcome.caller : outcome.code;
}

test.each([
  ["jwt", /^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/, []],
  ["jwt", /^eyJ/, ["--format", "jwt"]],
  ["v2", /^2\|1:0\|10:/, ["--format", "v2"]],
  ["v1", /^[\w+/]+=*\|\d{10}\|[0-9a-f]{40}\n$/, ["--format=v1"]],
])("prints a %s key and nothing else", async (_, shape, options) => {
  const outcome = await run(["node-1", "--client", "c1", "--app", ...options]);
  expect(outcome.stdout).toMatch(shape);
  expect(await callerOf(outcome, authConfig({ secrets: [FIRST] }))).toMatchObject({
    nodeId: "node-1",
    clientId: "c1",
    app: true,
  });
});

test("--ttl, an hour if absent", async () => {
  for (const [args, ttl] of [[[], 3_600] as const, [["--ttl", "90"], 90] as const]) {
    const { stdout } = await run(["node-1", ...args]);
    const claims = JSON.parse(Buffer.from(stdout.split(".")[1] ?? "", "base64url").toString()) as {
      iat: number;
      exp: number;
    };
    expect(Math.round((claims.exp - claims.iat) * 1000)).toBe(ttl * 1000);
  }
});

test("takes the secret of .dev.vars where the environment has none, and never mixes the two", async () => {
  writeFileSync(
    join(root, ".dev.vars"),
    `# made by npm run dev\nALLSPARK_SECRETS="${SECOND}, ${FIRST}"\nALLSPARK_JWT_ISSUER=dev\nALLSPARK_JWT_AUDIENCE='aud'\n`,
  );
  const dev = { secrets: [SECOND], issuer: "dev", audience: "aud" };
  expect(await callerOf(await run(["node-1"], {}), authConfig(dev))).toMatchObject({ nodeId: "node-1" });
  const fromEnvironment = await run(["node-1"], { ALLSPARK_SECRETS: FIRST });
  expect(await callerOf(fromEnvironment, authConfig({ secrets: [FIRST] }))).toMatchObject({ nodeId: "node-1" });
  expect(await callerOf(fromEnvironment, authConfig({ secrets: [FIRST], issuer: "dev" }))).toBe("AUTH_INVALID");
});

test("without a secret it says what to do", async () => {
  const without: Record<string, string>[] = [{}, { ALLSPARK_SECRETS: " , " }, { ALLSPARK_SECRETS: "" }];
  for (const settings of without) {
    const { code, stdout, stderr } = await run(["node-1"], settings);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("set ALLSPARK_SECRETS");
    expect(stderr).toContain("npm run dev");
    expect(stderr).not.toContain("    at ");
  }
});

test("a weak secret is refused and not shown", async () => {
  const { code, stdout, stderr } = await run(["node-1"], { ALLSPARK_SECRETS: "hunter2" });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("shorter than 16 characters");
  expect(stderr).not.toContain("hunter2");
});

test("--vapid prints new keys for Web Push as settings, without a secret", async () => {
  const pairs: (string | undefined)[] = [];
  for (let i = 0; i < 2; i++) {
    const { code, stdout, stderr } = await run(["--vapid"], {});
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const match =
      /^ALLSPARK_PUSH_VAPID_PUBLIC_KEY=(B[\w-]{86})\nALLSPARK_PUSH_VAPID_PRIVATE_KEY=([\w-]{43})\nALLSPARK_PUSH_VAPID_SUBJECT=mailto:you@example\.com\n$/.exec(
        stdout,
      );
    const [, publicKey = "", privateKey = ""] = match ?? [];
    expect(await importVapidKey({ publicKey, privateKey })).toMatchObject({ type: "private" });
    pairs.push(publicKey);
  }
  expect(pairs[0]).not.toBe(pairs[1]);
});

test("--help", async () => {
  const { code, stdout, stderr } = await run(["--help"], {});
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("usage: npm run -s key -- NODE_ID");
  expect(stdout).toContain("--vapid");
});

test.each([
  [[], "give one NODE_ID"],
  [["a", "b"], "give one NODE_ID"],
  [[""], "NODE_ID must be"],
  [["n".repeat(129)], "NODE_ID must be"],
  [["n", "--client", ""], "--client must be"],
  [["n", "--client"], "--client"],
  [["n", "--format", "v3"], "--format must be jwt, v2 or v1, not v3"],
  [["n", "--ttl", "0"], "--ttl must be"],
  [["n", "--ttl", "1.5"], "--ttl must be"],
  [["n", "--ttl", "soon"], "--ttl must be"],
  [["n", "--ttl", "5", "--format", "v2"], "a v2 key cannot hold a ttl"],
  [["n", "--ttl", "5", "--format", "v1"], "a v1 key cannot hold a ttl"],
  [["n", "--vapid"], "give no NODE_ID or other option beside it"],
  [["--vapid", "--app"], "give no NODE_ID or other option beside it"],
  [["--vapid", "--format", "jwt"], "give no NODE_ID or other option beside it"],
  [["n", "--app=yes"], "--app"],
  [["n", "--nonsense"], "--nonsense"],
])("bad command line %j", async (args, message) => {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr).toContain("usage:");
});

test("options that npm kept for itself are refused, not left out of the key", async () => {
  const settings = { ALLSPARK_SECRETS: FIRST, npm_config_client: "true" };
  const { code, stdout, stderr } = await run(["alice", "c1"], settings);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain('put -- before the options, as in "npm run key -- --client …"');
});
