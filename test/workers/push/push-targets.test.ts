/** The routes and config requests of push targets: what they take, what they refuse, and in which words. */
import { expect, test } from "vitest";
import { Client } from "../delivery/client.ts";
import { authKey, bearer, call, expectError, newId } from "../http/edge.ts";

const SECRET = "whsec_bm9ib2R5IGtub3dzIHRoaXMgc2VjcmV0IG9mIG91cnM=";

async function ask(method: string, nodeId: string, rest: string, body?: object): Promise<Response> {
  const headers = { ...bearer(await authKey(nodeId)), "content-type": "application/json" };
  return call(`/v1/nodes/${nodeId}/push-targets${rest}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
}

test.each([
  ["fcm", {}, "token must be an FCM registration token"],
  ["fcm", { token: "a b" }, "token must be an FCM registration token"],
  ["apns", { token: "zz", topic: "com.example.app" }, "token must be an APNs device token"],
  ["apns", { token: "ab".repeat(32), topic: "" }, "topic must be the app's bundle id"],
  ["webpush", { subscription: "{}" }, "subscription.endpoint must be a URL"],
  ["webhook", { url: "https://example.com/", secret: "my secret" }, "secret must be whsec_"],
  ["webhook", { url: "https://10.0.0.1/", secret: SECRET }, "url must be at a public host"],
])("PUT %s with %j is refused by name, without a word of what was given", async (kind, target, problem) => {
  const message = await expectError(await ask("PUT", newId(), `/${kind}`, target), "BAD_REQUEST");
  expect(message).toContain(problem);
  expect(message).not.toContain("my secret");
});

test("kinds that there are not, methods that there are not, and keys of others", async () => {
  const nodeId = newId();
  expect(await expectError(await ask("PUT", nodeId, "/pigeon", {}), "NOT_FOUND")).toContain("webpush");
  await expectError(await ask("POST", nodeId, "/fcm", {}), "METHOD_NOT_ALLOWED");
  await expectError(await ask("PUT", nodeId, "/test", {}), "METHOD_NOT_ALLOWED");
  await expectError(await ask("DELETE", nodeId, ""), "METHOD_NOT_ALLOWED");
  await expectError(await call(`/v1/nodes/${nodeId}/push-targets`), "AUTH_REQUIRED");
  const foreign = { headers: bearer(await authKey(newId())) };
  await expectError(await call(`/v1/nodes/${nodeId}/push-targets`, foreign), "FORBIDDEN");
});

test("a target is answered as it is listed; null and empty fields count as absent", async () => {
  const nodeId = newId();
  const put = await ask("PUT", nodeId, "/fcm", { token: "a-registration-token-that-is-long", fid: null });
  const { target } = await put.json<{ target: { id: string } }>();
  expect(target).toEqual({
    id: expect.any(String),
    kind: "fcm",
    token_end: "s-long",
    added_at: expect.any(Number),
  });
  expect(await (await ask("GET", nodeId, "")).json()).toEqual({ targets: [target] });
  expect(await (await ask("DELETE", nodeId, "/fcm?token=&id=nobody")).json()).toEqual({ removed: 0 });
  expect(await (await ask("DELETE", nodeId, "/fcm?token=")).json()).toEqual({ removed: 1 });
  expect(await (await ask("GET", nodeId, "")).json()).toEqual({ targets: [] });
});

test("what is not configured is not offered; a node without targets has nothing to test", async () => {
  expect(await (await call("/v1/push")).json()).toEqual({
    fcm: false,
    apns: false,
    webpush: null,
    webhook: true,
    fallback_webhook: false,
  });
  expect(await (await ask("POST", newId(), "/test", {})).json()).toEqual({ results: [] });
});

test.each(["v1", "classic"] as const)(
  "over a socket (%s): added, changed, removed, and what is wrong",
  async (mode) => {
    const client = await Client.connect(newId(), { mode });
    const hook = { kind: "webhook", url: "https://hooks.example.org/a", secret: SECRET };
    expect(await client.config({ push_target: hook })).toMatchObject({
      push_targets: [{ kind: "webhook", origin: "https://hooks.example.org" }],
    });
    expect(await client.config({ update_gcm_key: "one" })).toMatchObject({ push_targets: [{}, { kind: "fcm" }] });
    expect(await client.config({ update_gcm_key: "two" })).toMatchObject({ push_targets: [{}, { kind: "fcm" }] });
    expect(await client.config({ remove_push_target: { kind: "fcm", token: "two" } })).toMatchObject({
      push_targets: [{ kind: "webhook" }],
    });
    expect(await client.config({ remove_push_target: "webhook" })).toMatchObject({ push_targets: [] });
    expect(await client.config({ fetch_inbox_messages: true })).not.toHaveProperty("push_targets");
    for (const [request, problem] of [
      [{ push_target: "fcm" }, "push_target is an object with a kind"],
      [{ push_target: { kind: "pigeon" } }, "kind must be one of fcm, apns, webpush, webhook"],
      [{ push_target: { ...hook, url: "https://localhost/secret-path" } }, "push_target: url must be at a public host"],
      [{ remove_push_target: 7 }, "remove_push_target is, or has as its kind, one of fcm"],
      [{ remove_push_target: { kind: "fcm", token: 7 } }, "remove_push_target.token"],
    ] as const) {
      const before = client.errors.length;
      client.send({ type: -101, payload: request });
      await client.until(() => client.errors.length > before, "an error");
      expect(client.errors.at(-1)).toMatchObject({ code: "BAD_MESSAGE", message: expect.stringContaining(problem) });
      expect(client.errors.at(-1)!.message).not.toContain("secret-path");
    }
    await client.close();
  },
);
