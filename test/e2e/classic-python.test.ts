/** The original's client logic in another language, with another WebSocket implementation. */
import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Edge, startEdge } from "../support/edge.ts";

/** Runs a script of this folder against the edge; answers what it printed. */
async function run(script: string, edge: Edge): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)("python3", ["-B", path, edge.url, edge.secret], { timeout: 50_000 });
  console.log(stdout.trim());
  return stdout.trim();
}

function whyNot(): string | undefined {
  try {
    execFileSync("python3", ["-c", "import websocket; websocket.create_connection"], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT"
      ? "python3 is missing"
      : "python3 has no websocket-client package";
  }
}

const missing = whyNot();
if (missing !== undefined && process.env.CI !== "true") console.log(`skipped: ${missing}`);

// In CI it must run: there a missing Python fails at the script itself.
describe.skipIf(missing !== undefined && process.env.CI !== "true")("classic client in Python", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ env: { ALLSPARK_ACCEPT_V1_KEYS: "true" } });
  }, 90_000);
  afterAll(() => edge.close());

  test("key, pre-connection, messages, offline, inbox, ping", { timeout: 60_000 }, async () => {
    expect((await run("classic_client.py", edge)).endsWith("all closed")).toBe(true);
    const state = await edge.call("GET", "/v1/nodes/carol", edge.key("the-app", { app: true }));
    expect(state.body).toMatchObject({ registered: true, online: false });
  });

  test(
    "sessions: create, join, talk, anonymously too, missed messages, reveal, leave",
    { timeout: 60_000 },
    async () => {
      expect((await run("classic_session.py", edge)).endsWith("all closed")).toBe(true);
    },
  );
});
