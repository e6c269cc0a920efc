/** The way to the operator's own webhook under `npm run serve`: to that one origin, wherever it is, and nowhere else. */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { workerdConfig } from "../../tools/serve/workerd-config.ts";
import { startWorkerd, type Workerd } from "../../tools/serve/workerd.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Fetches what it is told to, by the binding or as any Worker does, and answers what came back. */
const CALLER = `export default {
  async fetch(request, env) {
    const { by, url, init } = await request.json();
    try {
      const answer = await (by === "binding" ? env.NETWORK.fetch(url, init) : fetch(url, init));
      return Response.json({ status: answer.status, location: answer.headers.get("location"), text: await answer.text() });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  }
};`;

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}

const seen: Seen[] = [];
const seenElsewhere: string[] = [];
const webhook = createServer((request, response) => void take(request, response));
const elsewhere = createServer((request, response) => {
  seenElsewhere.push(request.url ?? "");
  response.end("private");
});
let workerd: Workerd;

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  seen.push({ method: request.method, url: request.url, headers: request.headers, body: await text(request) });
  if (request.url === "/moved") response.writeHead(307, { location: originOf(elsewhere) });
  response.end("taken");
}

function originOf(server: typeof webhook): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function call(by: "binding" | "global", url: string, init: RequestInit = {}) {
  const answer = await fetch(`http://127.0.0.1:${workerd.port}`, {
    method: "POST",
    body: JSON.stringify({ by, url, init }),
  });
  return (await answer.json()) as { status?: number; location?: string | null; text?: string; error?: string };
}

beforeAll(async () => {
  for (const server of [webhook, elsewhere]) await once(server.listen(0, "127.0.0.1"), "listening");
  const config = join(temporaryFolder("webhook"), "workerd.capnp");
  const script = await readFile(join(import.meta.dirname, "../../tools/serve/webhook-network.js"), "utf8");
  const configText = workerdConfig({
    compatibilityDate: "2026-10-01",
    modules: [{ name: "worker.js", type: "esm", contents: CALLER }],
    environment: ["WEBHOOK"],
    webhookNetwork: { binding: "NETWORK", setting: "WEBHOOK", script },
  });
  await writeFile(config, configText);
  const env = { ...process.env, WEBHOOK: `${originOf(webhook)}/hook?key=in-the-url` };
  workerd = await startWorkerd({ config, host: "127.0.0.1", port: 0, env, output: new PassThrough().resume() });
});

afterAll(async () => {
  await workerd.stop();
  for (const server of [webhook, elsewhere]) server.close();
});

beforeEach(() => {
  seen.length = 0;
  seenElsewhere.length = 0;
});

test("path, query, host, headers and body of a POST arrive", async () => {
  const body = JSON.stringify({ text: "ünïcode" });
  const headers = { "content-type": "application/json", "x-signature": "s" };
  const answer = await call("binding", `${originOf(webhook)}/hook?key=in-the-url`, { method: "POST", headers, body });
  expect(answer).toEqual({ status: 200, location: null, text: "taken" });
  expect(seen).toMatchObject([{ method: "POST", url: "/hook?key=in-the-url", body }]);
  expect(seen[0]?.headers).toMatchObject({
    ...headers,
    host: new URL(originOf(webhook)).host,
    "content-length": String(Buffer.byteLength(body)),
  });
});

test("fetch() itself does not reach it", async () => {
  const answer = await call("global", originOf(webhook));
  expect(answer.error).toBeDefined();
  expect(seen).toEqual([]);
});

test("a redirect comes back, and is not followed where it is asked to be", async () => {
  const manual = await call("binding", `${originOf(webhook)}/moved`, { redirect: "manual" });
  expect(manual).toMatchObject({ status: 307, location: originOf(elsewhere) });
  const followed = await call("binding", `${originOf(webhook)}/moved`);
  expect(followed.error).toContain("origin");
  expect(seen).toHaveLength(2);
  expect(seenElsewhere).toEqual([]);
});

test.each([
  ["another port", () => originOf(elsewhere)],
  ["another name of the same machine", () => originOf(webhook).replace("127.0.0.1", "localhost")],
  ["another scheme", () => originOf(webhook).replace("http:", "https:")],
])("%s is not reached by it", async (_, url) => {
  const answer = await call("binding", url());
  expect(answer.error).toContain("origin");
  expect({ seen, seenElsewhere }).toEqual({ seen: [], seenElsewhere: [] });
});
