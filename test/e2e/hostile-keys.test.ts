/** Keys that are wrong, altered, another's, expired or used: refused before the upgrade with a status and an error object. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSocket, preConnect, UpgradeRefused, withParameters } from "../support/connect.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { flipBit, mintJwt, mintV1Key } from "../support/keys.ts";

interface Refusal {
  error?: { code: string };
}

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge({ env: { ALLSPARK_ACCEPT_V1_KEYS: "true" } });
}, 90_000);
afterAll(() => edge.close());

const refusal = (code: string, temporary = false): object => ({
  status: 401,
  body: { error: { code, message: expect.any(String), temporary } },
});

/** Status and code of a refused upgrade; throws where it was not refused. */
async function refused(
  url: string,
  protocols: string[] = ["allspark.v1"],
): Promise<{ status: number; code: string | undefined }> {
  let socket;
  try {
    socket = await openSocket(url, protocols, () => {});
  } catch (error) {
    if (!(error instanceof UpgradeRefused)) throw error;
    return { status: error.status, code: error.code };
  }
  socket.terminate();
  throw new Error("the upgrade was not refused");
}

/** Opens a v1 socket and closes it; throws where it is refused. */
async function accepted(url: string): Promise<void> {
  const socket = await openSocket(url, ["allspark.v1"], () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.close(1000);
  await closed;
}

async function connectUrl(nodeId: string): Promise<{ url: string; ws_url: string; validation_key: string }> {
  const key = edge.key(nodeId);
  const { ws_url, validation_key } = await preConnect(edge.url, key);
  return { ws_url, validation_key, url: withParameters(ws_url, { auth_key: key, validation_key }) };
}

test("a JWT with any one bit flipped", { timeout: 60_000 }, async () => {
  const key = edge.key("flipped");
  expect((await edge.call("GET", "/v1/nodes/flipped/inbox", key)).status).toBe(200);
  for (let position = 0; position < key.length; position += 1) {
    for (const bit of [1, 2, 4]) {
      const altered = flipBit(key, position, bit);
      // The last characters of base64url may hold bits that encode nothing: that is the same key in another spelling.
      if (sameBytes(altered, key)) continue;
      const answer = await edge.call<Refusal>("GET", "/v1/nodes/flipped/inbox", altered);
      expect([altered, answer.status, answer.body.error?.code]).toEqual([altered, 401, "AUTH_INVALID"]);
    }
  }
});

test("a v1 key with any one bit flipped", { timeout: 60_000 }, async () => {
  const key = mintV1Key("flipped-v1", edge.secret);
  const ask = (authKey: string) =>
    edge.call<Refusal>("GET", `/v1/nodes/flipped-v1/inbox?auth_key=${encodeURIComponent(authKey)}`, authKey);
  expect((await ask(key)).status).toBe(200);
  for (let position = 0; position < key.length; position += 1) {
    const altered = flipBit(key, position);
    const answer = await ask(altered);
    expect([altered, answer.status]).toEqual([altered, 401]);
    expect(answer.body.error?.code).toBeOneOf(["AUTH_INVALID", "AUTH_EXPIRED"]);
  }
});

test("keys that are expired, not signed, signed by another or missing", async () => {
  const ask = (key: string) => edge.call("GET", "/v1/nodes/somebody/inbox", key);
  expect(await ask(edge.key("somebody", { ttlS: -61 }))).toMatchObject(refusal("AUTH_EXPIRED"));
  // Clocks may be a minute apart.
  expect((await ask(edge.key("somebody", { ttlS: -30 }))).status).toBe(200);
  expect(await ask(mintJwt("somebody", `${edge.secret}!`))).toMatchObject(refusal("AUTH_INVALID"));
  const [, claims] = edge.key("somebody").split(".");
  const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  expect(await ask(`${none}.${claims}.`)).toMatchObject(refusal("AUTH_INVALID"));
  const missing = await fetch(`${edge.url}/v1/nodes/somebody/inbox`);
  expect({ status: missing.status, body: await missing.json() }).toMatchObject(refusal("AUTH_REQUIRED"));
});

test("one node's key opens nothing of another's", async () => {
  expect(await edge.call("GET", "/v1/nodes/somebody/inbox", edge.key("else"))).toMatchObject({
    status: 403,
    body: { error: { code: "FORBIDDEN" } },
  });
  const { ws_url, validation_key } = await connectUrl("owner");
  const url = withParameters(ws_url, { auth_key: edge.key("thief"), validation_key });
  expect(await refused(url)).toEqual({ status: 401, code: "VALIDATION_KEY_INVALID" });
  // The thief's try did not use it up.
  await accepted(withParameters(ws_url, { auth_key: edge.key("owner"), validation_key }));
});

test("a validation key opens one connection, also after SIGKILL", { timeout: 60_000 }, async () => {
  const { url } = await connectUrl("replayed");
  const fresh = await connectUrl("replayed");
  await accepted(url);
  const again = { status: 401, code: "VALIDATION_KEY_EXPIRED" };
  expect(await refused(url)).toEqual(again);
  await edge.restart();
  expect(await refused(url)).toEqual(again);
  expect(await refused(url, [])).toEqual(again);
  // One that was not used is not spoiled by the restart.
  await accepted(fresh.url);
  expect(await refused(fresh.url)).toEqual(again);
});

test("of many at once with one validation key, one is let in", { timeout: 30_000 }, async () => {
  const { url } = await connectUrl("raced");
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => accepted(url)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("a validation key that is missing or altered", async () => {
  const { ws_url, validation_key } = await connectUrl("careless");
  const auth_key = edge.key("careless");
  expect(await refused(withParameters(ws_url, { auth_key }))).toEqual({ status: 401, code: "VALIDATION_KEY_REQUIRED" });
  for (const position of [0, Math.floor(validation_key.length / 2), -2]) {
    const url = withParameters(ws_url, { auth_key, validation_key: flipBit(validation_key, position) });
    expect(await refused(url)).toEqual({ status: 401, code: "VALIDATION_KEY_INVALID" });
  }
});

test("connectV2 is off", async () => {
  const base = edge.url.replace("http", "ws");
  expect(await refused(`${base}/connectV2?auth_key=${edge.key("old")}`)).toEqual({
    status: 403,
    code: "UNVALIDATED_OFF",
  });
});

function sameBytes(one: string, other: string): boolean {
  const bytes = (key: string): string =>
    key
      .split(".")
      .map((part) => Buffer.from(part, "base64url").toString("hex"))
      .join(".");
  return /^[\w.-]*$/.test(one) && bytes(one) === bytes(other);
}
