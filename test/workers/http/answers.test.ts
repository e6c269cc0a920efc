/** What holds for every path: CORS, headers, unknown paths and methods, bodies, failures of the platform. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { MAX_BODY_BYTES } from "../../../src/http/parameters.ts";
import { appKey, authKey, bearer, call, expectError, newId, nodesAs } from "./edge.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("health needs no key", async () => {
  const response = await call("/v1/health");
  expect(await response.json()).toEqual({
    status: "ok",
    cluster_id: expect.any(String),
    server_time: expect.any(Number),
  });
});

describe("headers", () => {
  test("answers and refusals are for any origin, not stored and not sniffed", async () => {
    for (const path of ["/v1/health", "/v1/nodes/x", "/nowhere"]) {
      const { headers } = await call(path, { headers: { origin: "https://app.example" } });
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  test("a preflight is answered without a key", async () => {
    const response = await call("/v1/messages", {
      method: "OPTIONS",
      headers: { origin: "https://app.example", "access-control-request-method": "POST" },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-methods")).toContain("POST");
    expect(response.headers.get("access-control-allow-headers")).toContain("authorization");
  });
});

describe("paths and methods", () => {
  const assets = {
    fetch: async (input: RequestInfo) =>
      new URL(input instanceof Request ? input.url : input).pathname === "/"
        ? new Response("<h1>page</h1>", { headers: { "cache-control": "public" } })
        : new Response("none", { status: 404 }),
  } as unknown as Fetcher;

  test("/ is the page, with the headers that it came with", async () => {
    const response = await call("/", {}, { ASSETS: assets });
    expect(await response.text()).toBe("<h1>page</h1>");
    expect(response.headers.get("cache-control")).toBe("public");
    await expectError(await call("/", {}, { ASSETS: undefined }), "NOT_FOUND");
  });

  test("unknown ones are NOT_FOUND", async () => {
    await expectError(await call("/nowhere", {}, { ASSETS: assets }), "NOT_FOUND");
    await expectError(await call("/nowhere", { method: "POST", body: "x" }, { ASSETS: assets }), "NOT_FOUND");
    await expectError(await call("/v1/nodes", {}, { ASSETS: assets }), "NOT_FOUND");
    await expectError(await call("/openapi.json", {}, { ASSETS: assets }), "NOT_FOUND");
  });

  test.each([
    ["DELETE", "/connectV3", "GET, HEAD, POST, OPTIONS"],
    ["POST", "/v1/connect", "GET, HEAD, OPTIONS"],
    ["GET", "/v1/connections", "POST, OPTIONS"],
    ["GET", "/v1/messages", "POST, OPTIONS"],
    ["DELETE", "/v1/nodes/x", "GET, HEAD, PUT, OPTIONS"],
    ["POST", "/v1/nodes/x/inbox", "GET, HEAD, OPTIONS"],
    ["GET", "/v1/nodes/x/revoke", "POST, OPTIONS"],
    ["POST", "/v1/health", "GET, HEAD, OPTIONS"],
    ["PUT", "/", "GET, HEAD, POST, OPTIONS"],
  ])("%s %s is METHOD_NOT_ALLOWED", async (method, path, allow) => {
    const response = await call(path, { method });
    expect(response.headers.get("allow")).toBe(allow);
    await expectError(response, "METHOD_NOT_ALLOWED");
  });
});

describe("bodies", () => {
  const post = async (contentType: string | undefined, body: BodyInit) =>
    call("/v1/connections", {
      method: "POST",
      headers: { ...bearer(await authKey(newId())), ...(contentType && { "content-type": contentType }) },
      body,
    });

  test.each([
    ["no JSON", "application/json", "{", "not JSON"],
    ["no JSON object", "application/json; charset=utf-8", "[]", "not a JSON object"],
    ["no UTF-8", "application/json", new Uint8Array([0x22, 0xff, 0x22]), "not UTF-8"],
    ["no multipart", "multipart/form-data; boundary=x", "y", "multipart/form-data"],
    ["of another type", "text/xml", "<x/>", "application/json"],
  ])("%s are refused", async (_, contentType, body, said) => {
    expect(await expectError(await post(contentType, body), "BAD_REQUEST")).toContain(said);
  });

  test("a file in a form is refused", async () => {
    const form = new FormData();
    form.set("payload", new File(["x"], "x.txt"));
    expect(await expectError(await post(undefined, form), "BAD_REQUEST")).toContain("file");
  });

  test("names of object members are no special parameters", async () => {
    const response = await post("application/json", '{"__proto__":{"get_pre_connection_info":true},"constructor":1}');
    expect(response.status).toBe(200);
  });

  test("at the limit they are read, past it they are TOO_LARGE, also without Content-Length", async () => {
    const body = (bytes: number) => `{"x":"${"y".repeat(bytes - 8)}"}`;
    expect((await post("application/json", body(MAX_BODY_BYTES))).status).toBe(200);
    await expectError(await post("application/json", body(MAX_BODY_BYTES + 1)), "TOO_LARGE");
    const chunk = new Uint8Array(64 * 1024);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.byteLength;
        controller.enqueue(chunk);
      },
    });
    const request = new Request("http://edge.test/v1/connections", {
      method: "POST",
      headers: bearer(await authKey(newId())),
      body: endless,
    });
    await expectError(await call(request.url, request, {}), "TOO_LARGE");
    expect(sent).toBeLessThan(MAX_BODY_BYTES * 2);
  });
});

describe("failures", () => {
  test.each(["overloaded", "retryable", "durableObjectReset"])(
    "an object that is %s is UNAVAILABLE for now",
    async (flag) => {
      vi.spyOn(console, "error").mockReturnValue();
      const nodes = nodesAs({
        admit: () => Promise.reject(Object.assign(new Error("the platform's words"), { [flag]: true })),
      });
      const response = await call("/v1/nodes/x", { headers: bearer(await appKey()) }, nodes);
      expect(response.headers.get("retry-after")).toBe("1");
      await expectError(response, "UNAVAILABLE");
    },
  );

  test("anything else is INTERNAL: the answer tells nothing of it, the log no keys", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const key = await appKey();
    const nodes = nodesAs({
      describe: () => Promise.reject(new TypeError(`bad URL /x?auth_key=${key} Bearer ${key} auth.${btoa(key)}`)),
    });
    const response = await call(`/v1/nodes/x?auth_key=${key}`, {}, nodes);
    expect(await expectError(response, "INTERNAL")).not.toContain("URL");
    expect(log).toHaveBeenCalledOnce();
    const line = String(log.mock.calls[0]![0]);
    expect(line).toContain("GET /v1/nodes/x failed: TypeError: bad URL");
    expect(line).not.toContain(key);
    expect(line).not.toContain(btoa(key).replaceAll("=", ""));
  });
});
