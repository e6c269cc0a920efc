import { describe, expect, test } from "vitest";
import { readUpgradeFacts, refuseUpgrade } from "../../../src/durable/upgrade.ts";
import { mintValidationKey } from "../../../src/http/auth/validation-key.ts";
import { appKey, authKey, bearer, call, env, expectError, newId, nodesAs, preConnect, upgrade } from "./edge.ts";

const secrets = [String(env.ALLSPARK_SECRETS).split(",")[0]!.trim()];

/** Both keys as query parameters, of a node of its own. */
async function keys(nodeId = newId(), name = "validation_key"): Promise<URLSearchParams> {
  const key = await authKey(nodeId);
  return new URLSearchParams({ auth_key: key, [name]: (await preConnect(key)).validation_key });
}

/** The request that the node's object would get, and its facts; the object answers it with a refusal. */
async function forwarded(path: string, headers: Record<string, string> = {}, settings = {}) {
  const requests: Request[] = [];
  const nodes = nodesAs({
    fetch: async (request) => {
      requests.push(request);
      return refuseUpgrade("RATE_LIMITED");
    },
  });
  const response = await upgrade(path, headers, { ...nodes, ...settings });
  await expectError(response, "RATE_LIMITED");
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(response.headers.get("retry-after")).toBe("1");
  expect(requests).toHaveLength(1);
  return { request: requests[0]!, facts: readUpgradeFacts(requests[0]!) };
}

describe.each(["/connectV3", "/v1/connect"])("%s", (path) => {
  test("opens a socket with a validation key under either name", async () => {
    for (const name of ["validation_key", "validation_token"]) {
      const response = await upgrade(`${path}?${await keys(newId(), name)}`);
      expect(response.status).toBe(101);
      response.webSocket!.accept();
      response.webSocket!.close(1000);
    }
  });

  test("answers 426 to what is no upgrade", async () => {
    const response = await call(`${path}?${await keys()}`);
    expect(response.headers.get("upgrade")).toBe("websocket");
    await expectError(response, "UPGRADE_REQUIRED");
  });

  test("needs an auth_key and a validation key", async () => {
    const query = await keys();
    await expectError(await upgrade(`${path}?validation_key=${query.get("validation_key")}`), "AUTH_REQUIRED");
    await expectError(await upgrade(`${path}?auth_key=${query.get("auth_key")}`), "VALIDATION_KEY_REQUIRED");
    await expectError(
      await upgrade(`${path}?auth_key=${query.get("auth_key")}&validation_key=`),
      "VALIDATION_KEY_REQUIRED",
    );
  });
});

test("an upgrade with a key from before its node was revoked is refused", async () => {
  const nodeId = newId();
  const old = await authKey(nodeId, {}, 5_000);
  const { validation_key } = await preConnect(old);
  const revoked = await call(`/v1/nodes/${nodeId}/revoke`, { method: "POST", headers: bearer(await appKey()) });
  expect(revoked.status).toBe(200);
  const response = await upgrade(`/connectV3?auth_key=${old}&validation_key=${validation_key}`);
  await expectError(response, "AUTH_REVOKED");
  expect(response.headers.get("www-authenticate")).toBe("Bearer");
});

test("what an object answers that is neither a socket nor a refusal is an error of the edge", async () => {
  for (const body of ["", "toString", "<html>"]) {
    const nodes = nodesAs({ fetch: async () => new Response(body, { status: 500 }) });
    await expectError(await upgrade(`/connectV3?${await keys()}`, {}, nodes), "INTERNAL");
  }
});

describe("a validation key", () => {
  test("opens one connection only", async () => {
    const path = `/connectV3?${await keys()}`;
    const first = await upgrade(path);
    expect(first.status).toBe(101);
    const second = await upgrade(path);
    await expectError(second, "VALIDATION_KEY_EXPIRED");
    expect(second.headers.get("www-authenticate")).toBe("Bearer");
    first.webSocket!.accept();
    first.webSocket!.close(1000);
  });

  test("of another node, of another gateway, or altered is refused", async () => {
    const nodeId = newId();
    const gateway = (await preConnect(await authKey(nodeId))).node_id;
    const attempt = async (binding: { nodeId: string; gateway: string }, alter = (key: string) => key) => {
      const { key } = await mintValidationKey(binding, secrets, Date.now());
      const query = new URLSearchParams({ auth_key: await authKey(nodeId), validation_key: alter(key) });
      return upgrade(`/connectV3?${query}`);
    };
    await expectError(await attempt({ nodeId: newId(), gateway }), "VALIDATION_KEY_INVALID");
    await expectError(await attempt({ nodeId, gateway: `${gateway}x` }), "VALIDATION_KEY_INVALID");
    const flip = (key: string) => key.slice(0, -9) + (key.at(-9) === "A" ? "B" : "A") + key.slice(-8);
    await expectError(await attempt({ nodeId, gateway }, flip), "VALIDATION_KEY_INVALID");
    await expectError(await attempt({ nodeId, gateway }, () => "1"), "VALIDATION_KEY_INVALID");
    const response = await attempt({ nodeId, gateway });
    expect(response.status).toBe(101);
    response.webSocket!.accept();
    response.webSocket!.close(1000);
  });

  test("is refused after its minute", async () => {
    const nodeId = newId();
    const gateway = (await preConnect(await authKey(nodeId))).node_id;
    const { key } = await mintValidationKey({ nodeId, gateway }, secrets, Date.now() - 61_000);
    const response = await upgrade(`/connectV3?auth_key=${await authKey(nodeId)}&validation_key=${key}`);
    await expectError(response, "VALIDATION_KEY_EXPIRED");
  });

  test("of a session opens that one, or none that is named, as the original's clients do, and no other", async () => {
    const key = await authKey(newId());
    const attempt = async (asked: string | undefined, named: string | undefined, path = "/connectV3") => {
      const parameters = new URLSearchParams({ get_pre_connection_info: "True", auth_key: key });
      if (asked !== undefined) parameters.set("session_id", asked);
      const info = await call(`/connectV3?${parameters}`);
      const { validation_key } = await info.json<{ validation_key: string }>();
      const query = new URLSearchParams({ auth_key: key, validation_key });
      if (named !== undefined) query.set("session_id", named);
      return upgrade(`${path}?${query}`);
    };
    for (const [asked, named] of [
      ["s1", "s1"],
      ["s1", undefined],
      [undefined, "s1"],
      ["Ünïcode ✓", "Ünïcode ✓"],
    ]) {
      const response = await attempt(asked, named);
      expect(response.status).toBe(101);
      response.webSocket!.accept();
      response.webSocket!.close(1000);
    }
    for (const path of ["/connectV3", "/v1/connect"]) {
      await expectError(await attempt("s1", "s2", path), "VALIDATION_KEY_INVALID");
    }
    expect(await expectError(await attempt("s1", "a\nb"), "BAD_REQUEST")).toContain("session_id");
  });
});

describe("/connectV2", () => {
  test("is off by default, which needs no key to be told", async () => {
    expect(await expectError(await upgrade("/connectV2"), "UNVALIDATED_OFF")).toContain("ALLSPARK_ALLOW_UNVALIDATED");
    await expectError(await call("/connectV2"), "UPGRADE_REQUIRED");
  });

  test("where it is on, needs an auth_key only", async () => {
    const settings = { ALLSPARK_ALLOW_UNVALIDATED: "true" };
    await expectError(await upgrade("/connectV2", {}, settings), "AUTH_REQUIRED");
    const { facts } = await forwarded(`/connectV2?auth_key=${await authKey(newId())}`, {}, settings);
    expect(facts.validation).toBeUndefined();
  });
});

describe("the node's object is told", () => {
  test("who calls and what was verified, and sees no key", async () => {
    const nodeId = newId("Ünïcode ✓");
    const query = await keys(nodeId);
    const offer = `allspark.v1, auth.${btoa(query.get("auth_key")!).replaceAll("=", "")}`;
    const { request, facts } = await forwarded(`/connectV3?${query}`, {
      authorization: `Bearer ${query.get("auth_key")}`,
      "sec-websocket-protocol": offer,
      "x-allspark-upgrade": encodeURIComponent(JSON.stringify({ caller: { nodeId: "forged", app: true } })),
    });
    expect(facts).toEqual({
      caller: { nodeId, app: false, issuedAt: expect.any(Number) },
      mode: "v1",
      validation: { id: expect.any(String), expiresAt: expect.any(Number) },
      subprotocol: "allspark.v1",
    });
    expect(request.headers.get("upgrade")).toBe("websocket");
    expect(new URL(request.url).search).toBe("");
    const shown = [request.url, ...[...request.headers].flat()].join("\n");
    expect(shown).not.toContain(query.get("auth_key"));
    expect(shown).not.toContain(query.get("validation_key"));
    expect(shown).not.toContain("auth.");
  });

  test.each([
    [undefined, "classic", undefined],
    ["allspark.v1", "v1", "allspark.v1"],
    ["auth.YQ,allspark.v1", "v1", "allspark.v1"],
    ["allspark.v2, allspark.v1", "v1", "allspark.v1"],
    ["auth.YQ", "classic", "auth.YQ"],
    ["chat, mqtt", "classic", undefined],
  ])("the mode and the subprotocol to answer: %s → %s, %s", async (offer, mode, subprotocol) => {
    const { facts } = await forwarded(
      `/connectV3?${await keys()}`,
      offer === undefined ? {} : { "sec-websocket-protocol": offer },
    );
    expect([facts.mode, facts.subprotocol]).toEqual([mode, subprotocol]);
  });

  test("where a v1 client left off; a classic one does not say", async () => {
    const v1 = { "sec-websocket-protocol": "allspark.v1" };
    const from = async (resume: string, headers = v1 as Record<string, string>) =>
      (await forwarded(`/connectV3?${await keys()}&${resume}`, headers)).facts.resume;
    expect(await from("epoch=e1&last_seq=0")).toEqual({ epoch: "e1", lastSeq: 0 });
    expect(await from(`epoch=e1&last_seq=${Number.MAX_SAFE_INTEGER}`)).toEqual({
      epoch: "e1",
      lastSeq: Number.MAX_SAFE_INTEGER,
    });
    expect(await from("x=1")).toBeUndefined();
    expect(await from("epoch=e1&last_seq=nonsense", {})).toBeUndefined();
  });
});

test.each([
  "epoch=e1",
  "last_seq=3",
  "epoch=e1&last_seq=-1",
  "epoch=e1&last_seq=1.5",
  "epoch=e1&last_seq=9007199254740992",
  "epoch=&last_seq=1",
])("a resume point of %s is refused", async (resume) => {
  const response = await upgrade(`/connectV3?${await keys()}&${resume}`, { "sec-websocket-protocol": "allspark.v1" });
  expect(await expectError(response, "BAD_REQUEST")).toMatch(/epoch|last_seq/);
});

test("versions of the protocol that are not spoken here are refused, naming the one that is", async () => {
  const response = await upgrade(`/connectV3?${await keys()}`, {
    "sec-websocket-protocol": "allspark.v2, allspark.v9",
  });
  expect(await expectError(response, "BAD_REQUEST")).toContain("allspark.v1");
});
