import { afterEach, describe, expect, test, vi } from "vitest";
import { ConfigError, type Env, parseConfig } from "../../../src/env.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";
import { bearer, call, env, expectError, newId, preConnect } from "./edge.ts";

const SECRET = "a-secret-long-enough-for-anyone-0123456789";
const { NODE, CLIENT, SESSION, PUSH_TOKEN, PUSH_QUEUE } = env;
const bindings = { NODE, CLIENT, SESSION, PUSH_TOKEN, PUSH_QUEUE };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("settings", () => {
  test("have defaults but for the secrets", () => {
    expect(parseConfig({ ...bindings, ALLSPARK_SECRETS: SECRET })).toEqual({
      auth: { secrets: [SECRET], acceptV1Keys: false },
      clusterId: "allspark",
      gatewayId: "edge.allspark",
      allowUnvalidated: false,
      requireRegistered: false,
      devKeys: false,
      messagesPerSecond: LIMITS.messagesPerSecond,
      bytesPerSecond: LIMITS.bytesPerSecond,
      push: { delayMs: 5_000, throttleMs: 120_000, allowPrivate: false },
    });
  });

  test("are trimmed, and read as text, number or boolean", () => {
    const config = parseConfig({
      ...bindings,
      ALLSPARK_SECRETS: ` ${SECRET} , ${SECRET}2,`,
      ALLSPARK_ACCEPT_V1_KEYS: true,
      ALLSPARK_ALLOW_UNVALIDATED: "1",
      ALLSPARK_REQUIRE_REGISTERED: "true",
      ALLSPARK_DEV_KEYS: "false",
      ALLSPARK_CLUSTER_ID: "eu-1",
      ALLSPARK_PUBLIC_URL: "https://rt.example/x/",
      ALLSPARK_JWKS_URL: "http://127.0.0.1:9/jwks",
      ALLSPARK_JWT_ISSUER: "iss",
      ALLSPARK_JWT_AUDIENCE: "aud",
      ALLSPARK_MESSAGES_PER_SECOND: 7,
      ALLSPARK_BYTES_PER_SECOND: "8",
      ALLSPARK_PUSH_DELAY_MS: 0,
      ALLSPARK_PUSH_THROTTLE_MS: " 9 ",
    });
    expect(config).toEqual({
      auth: {
        secrets: [SECRET, `${SECRET}2`],
        acceptV1Keys: true,
        jwksUrl: "http://127.0.0.1:9/jwks",
        issuer: "iss",
        audience: "aud",
      },
      clusterId: "eu-1",
      gatewayId: "edge.eu-1",
      allowUnvalidated: true,
      requireRegistered: true,
      publicUrl: "https://rt.example/x",
      devKeys: false,
      messagesPerSecond: 7,
      bytesPerSecond: 8,
      push: { delayMs: 0, throttleMs: 9, allowPrivate: false },
    });
  });

  test.each([
    ["ALLSPARK_SECRETS", "tooShort1"],
    ["ALLSPARK_ACCEPT_V1_KEYS", "yes-please"],
    ["ALLSPARK_ALLOW_UNVALIDATED", "True"],
    ["ALLSPARK_REQUIRE_REGISTERED", "enabled"],
    ["ALLSPARK_DEV_KEYS", "2"],
    ["ALLSPARK_CLUSTER_ID", "a b"],
    ["ALLSPARK_PUBLIC_URL", "rt.example"],
    ["ALLSPARK_PUBLIC_URL", "https://rt.example/?x=1"],
    ["ALLSPARK_JWKS_URL", "http://keys.example/jwks"],
    ["ALLSPARK_MESSAGES_PER_SECOND", "-5"],
    ["ALLSPARK_BYTES_PER_SECOND", "1.5"],
    ["ALLSPARK_PUSH_DELAY_MS", "-1"],
  ])("%s = %s is a problem that names the setting, never its value", (name, value) => {
    vi.spyOn(console, "error").mockReturnValue();
    const bad = { ...bindings, ALLSPARK_SECRETS: SECRET, [name]: value };
    expect(() => parseConfig(bad)).toThrow(ConfigError);
    expect(() => parseConfig(bad)).toThrow(name);
    expect(() => parseConfig(bad)).not.toThrow(value);
  });

  test.each([undefined, "", " , "])("ALLSPARK_SECRETS = %s counts as not set", (value) => {
    vi.spyOn(console, "error").mockReturnValue();
    expect(() => parseConfig({ ...bindings, ALLSPARK_SECRETS: value })).toThrow("ALLSPARK_SECRETS is not set");
  });

  test("are told all at once, and logged once", () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    const bad: Env = { ...bindings, ALLSPARK_DEV_KEYS: "x", ALLSPARK_CLUSTER_ID: "" };
    expect(() => parseConfig(bad)).toThrow(/ALLSPARK_SECRETS.*ALLSPARK_DEV_KEYS/);
    expect(() => parseConfig(bad)).toThrow(ConfigError);
    expect(log).toHaveBeenCalledOnce();
  });
});

test("with a wrong setting every path answers 500 and says which it is", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  for (const path of ["/", "/v1/health", "/nowhere", "/connectV3?get_pre_connection_info=1"]) {
    const response = await call(path, {}, { ALLSPARK_SECRETS: "" });
    expect(await expectError(response, "MISCONFIGURED")).toContain("ALLSPARK_SECRETS");
  }
});

describe("POST /dev/key", () => {
  const body = (fields: object) => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(fields),
  });
  const on = { ALLSPARK_DEV_KEYS: "true" };

  test("is not there unless it is switched on", async () => {
    await expectError(await call("/dev/key", body({ node_id: "n" }), { ALLSPARK_DEV_KEYS: "false" }), "NOT_FOUND");
    await expectError(await call("/dev/key", {}, { ALLSPARK_DEV_KEYS: undefined }), "NOT_FOUND");
  });

  test("mints keys that the edge takes", async () => {
    const response = await call("/dev/key", body({ node_id: newId(), client_id: "c", app: true }), on);
    const { auth_key, expires_at } = await response.json<{ auth_key: string; expires_at: number }>();
    expect(expires_at).toBeGreaterThan(Date.now());
    await preConnect(auth_key);
    const pushed = await call("/v1/messages", {
      ...body({ to_nodes: [newId()], payload: 1 }),
      headers: { ...bearer(auth_key), "content-type": "application/json" },
    });
    expect(pushed.status).toBe(200);
  });

  test("names what is wrong, and serves no other origin's page", async () => {
    expect(await expectError(await call("/dev/key", body({}), on), "BAD_REQUEST")).toContain("node_id");
    const request = body({ node_id: "n" });
    const from = (origin: string) => call("/dev/key", { ...request, headers: { ...request.headers, origin } }, on);
    await expectError(await from("https://evil.example"), "FORBIDDEN");
    expect((await from("http://edge.test:8787")).status).toBe(200);
  });
});
