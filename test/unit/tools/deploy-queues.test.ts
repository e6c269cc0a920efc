/** tools/deploy/queues.ts with the real wrangler, against an API that knows as much of Cloudflare's as that needs. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { ensureQueue, queueNames } from "../../../tools/deploy/queues.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** An account with these queues; `refuses` answers every request with an error. */
async function account({ queues = [], refuses = false }: { queues?: string[]; refuses?: boolean }) {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method === "POST") queues.push(((await json(request)) as { queue_name: string }).queue_name);
    const wanted = new URL(request.url ?? "", "http://api").searchParams.get("name");
    const found = queues.filter((name) => name === wanted).map((name) => ({ queue_name: name, queue_id: "1" }));
    const result = request.method === "POST" ? {} : found;
    const errors = refuses ? [{ code: 10_000, message: "Authentication error" }] : [];
    response.writeHead(refuses ? 403 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: !refuses, errors, messages: [], result }));
  };
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const env = {
    ...process.env,
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    CLOUDFLARE_API_TOKEN: "token",
    CLOUDFLARE_ACCOUNT_ID: "account",
  };
  return { queues, ensure: (name: string) => ensureQueue(name, temporaryFolder("deploy"), env) };
}

test("every queue is named once, dead-letter queues too", () => {
  const consumer = { queue: "jobs", dead_letter_queue: "jobs-dead" };
  expect(queueNames({ producers: [{ queue: "jobs" }, {}], consumers: [consumer, { queue: "mails" }] })).toEqual([
    "jobs",
    "jobs-dead",
    "mails",
  ]);
});

test("a queue is made where there is none, and left alone where there is one", { timeout: 60_000 }, async () => {
  const { queues, ensure } = await account({ queues: ["jobs"] });
  expect(await ensure("jobs")).toBe(true);
  expect(queues).toEqual(["jobs"]);
  expect(await ensure("jobs-dead")).toBe(true);
  expect(queues).toEqual(["jobs", "jobs-dead"]);
});

test(
  "where the account can't be asked nothing is made, and wrangler's reason is shown",
  { timeout: 60_000 },
  async () => {
    const { queues, ensure } = await account({ refuses: true });
    expect(await ensure("jobs")).toBe(false);
    expect(queues).toEqual([]);
  },
);
