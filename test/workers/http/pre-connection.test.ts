import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/protocol/limits.ts";
import {
  authKey,
  bearer,
  call,
  expectError,
  newId,
  ORIGIN,
  type PreConnection,
  preConnect,
  untilClosed,
  upgrade,
} from "./edge.ts";

const form = { "content-type": "application/x-www-form-urlencoded" };
const json = { "content-type": "application/json" };

/** The parts that do not differ from call to call. */
const expected = {
  node_id: expect.stringMatching(/^edge\./),
  cluster_id: expect.any(String),
  addr: "edge.test",
  port: 8787,
  ssl_enabled: false,
  proxy_80_port: null,
  ws_url: "ws://edge.test:8787/connectV3",
  validation_key: expect.any(String),
  validation_expires_at: expect.any(Number),
  server_time: expect.any(Number),
};

describe.each(["/connectV3", "/connectV2", "/"])("pre-connection at %s", (path) => {
  test("by GET, in the spellings of true", async () => {
    const key = await authKey(newId());
    for (const yes of ["True", "true", "1"]) {
      const response = await call(
        `${path}?get_pre_connection_info=${yes}&need_80_port=True&session_id=s&auth_key=${key}`,
      );
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual(expected);
    }
  });

  test("by POST with a form and with JSON", async () => {
    const key = await authKey(newId());
    const asForm = await call(path, {
      method: "POST",
      headers: form,
      body: `get_pre_connection_info=True&auth_key=${key}`,
    });
    expect(await asForm.json()).toEqual(expected);
    const body = JSON.stringify({ get_pre_connection_info: true, auth_key: key });
    expect(await (await call(path, { method: "POST", headers: json, body })).json()).toEqual(expected);
  });

  test("over a WebSocket: one frame, then a close", async () => {
    const response = await upgrade(`${path}?get_pre_connection_info=True&auth_key=${await authKey(newId())}`);
    expect(response.status).toBe(101);
    const { frames, code } = await untilClosed(response.webSocket!);
    expect(frames.map((frame) => JSON.parse(frame) as PreConnection)).toEqual([expected]);
    expect(code).toBe(1000);
  });

  test("is refused without a key, over a WebSocket before the upgrade", async () => {
    await expectError(await call(`${path}?get_pre_connection_info=True`), "AUTH_REQUIRED");
    await expectError(await upgrade(`${path}?get_pre_connection_info=True`), "AUTH_REQUIRED");
  });

  test("names the parameter where it is neither true nor false", async () => {
    const response = await call(`${path}?get_pre_connection_info=maybe&auth_key=${await authKey(newId())}`);
    expect(await expectError(response, "BAD_REQUEST")).toContain("get_pre_connection_info must be true or false");
  });

  test("by POST without get_pre_connection_info is refused", async () => {
    const response = await call(path, { method: "POST", headers: bearer(await authKey(newId())) });
    expect(await expectError(response, "BAD_REQUEST")).toContain("get_pre_connection_info");
  });
});

test("POST /v1/connections needs no get_pre_connection_info; times are in ms of the edge's clock", async () => {
  const before = Date.now();
  const info = await preConnect(await authKey(newId()));
  expect(info).toEqual(expected);
  expect(info.server_time).toBeGreaterThanOrEqual(before);
  expect(info.server_time).toBeLessThanOrEqual(Date.now());
  expect(info.validation_expires_at - info.server_time).toBe(LIMITS.validationKeyTtlMs);
});

test.each(["x".repeat(129), "a\nb"])("a session_id that is none is refused: %j", async (sessionId) => {
  const key = await authKey(newId());
  const query = new URLSearchParams({ get_pre_connection_info: "True", auth_key: key, session_id: sessionId });
  for (const request of [call(`/connectV3?${query}`), upgrade(`/connectV3?${query}`)]) {
    expect(await expectError(await request, "BAD_REQUEST")).toContain("session_id");
  }
  const body = JSON.stringify({ session_id: sessionId });
  const posted = await call("/v1/connections", { method: "POST", headers: { ...bearer(key), ...json }, body });
  expect(await expectError(posted, "BAD_REQUEST")).toContain("session_id");
});

test("a session_id of 128 bytes is one, and null is none", async () => {
  for (const sessionId of ["é".repeat(64), null]) {
    const headers = { ...bearer(await authKey(newId())), ...json };
    const response = await call("/v1/connections", {
      method: "POST",
      headers,
      body: JSON.stringify({ session_id: sessionId }),
    });
    expect(await response.json()).toEqual(expected);
  }
});

test("a WebSocket that offers subprotocols gets one of its own back", async () => {
  const path = `/connectV3?get_pre_connection_info=True&auth_key=${await authKey(newId())}`;
  const response = await upgrade(path, { "sec-websocket-protocol": "allspark.v1, auth.YQ" });
  expect(response.headers.get("sec-websocket-protocol")).toBe("allspark.v1");
  await untilClosed(response.webSocket!);
});

describe("the address", () => {
  const at = async (url: string, publicUrl?: string) => {
    const path = `${url}/connectV3?get_pre_connection_info=True&auth_key=${await authKey(newId())}`;
    const info = await (await call(path, {}, { ALLSPARK_PUBLIC_URL: publicUrl })).json<PreConnection>();
    return [info.addr, info.port, info.ssl_enabled, info.proxy_80_port, info.ws_url];
  };

  test("is the one of the request, with the default ports made explicit in port only", async () => {
    expect(await at("https://edge.example")).toEqual(["edge.example", 443, true, null, "wss://edge.example/connectV3"]);
    expect(await at("http://edge.example")).toEqual(["edge.example", 80, false, 80, "ws://edge.example/connectV3"]);
  });

  test("is ALLSPARK_PUBLIC_URL where that is set, its path included", async () => {
    const here = ["rt.example", 8443, true, null, "wss://rt.example:8443/allspark/connectV3"];
    expect(await at(ORIGIN, "https://rt.example:8443/allspark/")).toEqual(here);
    expect(await at(ORIGIN, "https://rt.example")).toEqual([
      "rt.example",
      443,
      true,
      null,
      "wss://rt.example/connectV3",
    ]);
  });
});
