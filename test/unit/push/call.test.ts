/** callService over real HTTP: whatever goes wrong is a value, in bounded time and of bounded size. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { callService, MAX_ANSWER_BYTES } from "../../../src/push/call.ts";

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const LIMIT_MS = 5_000;

test("a POST with what it is given, answered whole", async () => {
  const url = await serve((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () =>
      response.writeHead(418, { "x-kind": "pot" }).end(`${request.method} ${request.headers["x-a"]} ${body}`),
    );
  });
  const answer = await callService(url, { headers: { "x-a": "1" }, body: "tea" }, LIMIT_MS);
  if ("failure" in answer) throw new Error(answer.failure);
  expect([answer.status, answer.headers.get("x-kind"), answer.text]).toEqual([418, "pot", "POST 1 tea"]);
});

test("a redirect is not followed", async () => {
  let calls = 0;
  const url = await serve((_, response) => {
    calls++;
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  expect(await callService(url, {}, LIMIT_MS)).toMatchObject({ status: 307 });
  expect(calls).toBe(1);
});

test("of an endless answer only the start is read", async () => {
  const url = await serve((_, response) => {
    const more = (): void => {
      while (response.write("x".repeat(1_024)));
      response.once("drain", more);
    };
    response.writeHead(200);
    more();
  });
  const answer = await callService(url, {}, LIMIT_MS);
  expect("text" in answer && answer.text).toBe("x".repeat(MAX_ANSWER_BYTES));
});

test.each([
  ["no answer", () => undefined],
  ["an answer without an end", (_: unknown, response: { write(text: string): void }) => response.write("x")],
])("%s is a failure when the time is over", async (_, listener) => {
  const url = await serve(listener as RequestListener);
  expect(await callService(url, {}, 50)).toEqual({ failure: "no answer within 50 ms" });
});

test.each([
  ["before the answer", (request: { socket: { resetAndDestroy(): void } }) => request.socket.resetAndDestroy()],
  [
    "within it",
    (request: { socket: { resetAndDestroy(): void } }, response: { write(text: string, then: () => void): void }) =>
      response.write("x", () => request.socket.resetAndDestroy()),
  ],
])("a connection cut %s is a failure", async (_, listener) => {
  const url = await serve(listener as unknown as RequestListener);
  expect(await callService(url, {}, LIMIT_MS)).toEqual({ failure: "the connection failed" });
});

test("nobody listening is a failure that does not tell the URL", async () => {
  const url = await serve(() => undefined);
  closing.splice(0).forEach((close) => close());
  expect(await callService(`${url}secret`, {}, LIMIT_MS)).toEqual({ failure: "the connection failed" });
});

test("the given fetch is used", async () => {
  const asked: unknown[] = [];
  const answer = await callService("https://a.example/", { method: "PUT" }, LIMIT_MS, async (url, init) => {
    asked.push(url, init.method, init.redirect);
    return new Response("ok");
  });
  expect(answer).toMatchObject({ status: 200, text: "ok" });
  expect(asked).toEqual(["https://a.example/", "PUT", "manual"]);
});
