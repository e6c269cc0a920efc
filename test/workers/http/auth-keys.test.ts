import { describe, expect, test } from "vitest";
import { appKey, authKey, bearer, call, expectError, newId, upgrade } from "./edge.ts";

const PATH = "/v1/connections";
const form = { "content-type": "application/x-www-form-urlencoded" };
const json = { "content-type": "application/json" };
const inSubprotocol = (key: string) => ({
  "sec-websocket-protocol": `auth.${btoa(key).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_")}`,
});

describe("an auth_key is taken", () => {
  test("as bearer, whatever the case of the scheme", async () => {
    const key = await authKey(newId());
    for (const scheme of ["Bearer", "bearer"]) {
      expect((await call(PATH, { method: "POST", headers: { authorization: `${scheme} ${key}` } })).status).toBe(200);
    }
  });

  test("as query parameter", async () => {
    expect((await call(`${PATH}?auth_key=${await authKey(newId())}`, { method: "POST" })).status).toBe(200);
  });

  test("as field of an urlencoded form, of a multipart form and of a JSON body", async () => {
    const key = await authKey(newId());
    const multipart = new FormData();
    multipart.set("auth_key", key);
    expect((await call(PATH, { method: "POST", headers: form, body: `auth_key=${key}` })).status).toBe(200);
    expect((await call(PATH, { method: "POST", body: multipart })).status).toBe(200);
    expect((await call(PATH, { method: "POST", headers: json, body: JSON.stringify({ auth_key: key }) })).status).toBe(
      200,
    );
  });

  test("as WebSocket subprotocol, v2 form with its = and | included", async () => {
    const key = await authKey(newId(), { format: "v2" });
    expect(key).toContain("|");
    expect((await call(PATH, { method: "POST", headers: inSubprotocol(key) })).status).toBe(200);
  });

  test("in the form of the original only where that is switched on", async () => {
    const key = await authKey(newId(), { format: "v1" });
    const path = `/connectV3?get_pre_connection_info=True&auth_key=${encodeURIComponent(key)}`;
    await expectError(await call(path, {}, { ALLSPARK_ACCEPT_V1_KEYS: "false" }), "AUTH_INVALID");
    expect((await call(path, {}, { ALLSPARK_ACCEPT_V1_KEYS: "true" })).status).toBe(200);
  });
});

describe("a request is refused", () => {
  test("without a key, and told how to send one", async () => {
    const carriers: Record<string, string>[] = [
      {},
      { authorization: "Basic dTpw" },
      { authorization: "Bearer" },
      { "sec-websocket-protocol": "allspark.v1" },
    ];
    for (const headers of carriers) {
      const response = await call(`${PATH}?auth_key=`, { method: "POST", headers });
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
      expect(await expectError(response, "AUTH_REQUIRED")).toContain("Authorization: Bearer");
    }
  });

  test("with one bit of the key flipped", async () => {
    const key = await authKey(newId());
    const flipped = key.slice(0, -5) + String.fromCharCode(key.charCodeAt(key.length - 5) ^ 1) + key.slice(-4);
    await expectError(await call(PATH, { method: "POST", headers: bearer(flipped) }), "AUTH_INVALID");
  });

  test("with a subprotocol value that is not base64url", async () => {
    await expectError(await upgrade("/v1/connect", { "sec-websocket-protocol": "auth.a|b" }), "AUTH_INVALID");
  });

  test("with a bad bearer, even beside a good parameter", async () => {
    const path = `${PATH}?auth_key=${await authKey(newId())}`;
    await expectError(await call(path, { method: "POST", headers: bearer("nonsense") }), "AUTH_INVALID");
  });

  test("with an expired key", async () => {
    const hourOld = await authKey(newId(), { ttlSeconds: 60 }, 3_600_000);
    await expectError(await call(PATH, { method: "POST", headers: bearer(hourOld) }), "AUTH_EXPIRED");
  });

  test("with a key from before its node was revoked; a later one is good", async () => {
    const nodeId = newId();
    const old = await authKey(nodeId, {}, 5_000);
    const path = `/v1/nodes/${nodeId}/revoke`;
    expect((await call(PATH, { method: "POST", headers: bearer(old) })).status).toBe(200);
    expect((await call(path, { method: "POST", headers: bearer(await appKey()) })).status).toBe(200);
    await expectError(await call(PATH, { method: "POST", headers: bearer(old) }), "AUTH_REVOKED");
    const later = await authKey(nodeId, {}, -1_000);
    expect((await call(PATH, { method: "POST", headers: bearer(later) })).status).toBe(200);
  });
});
