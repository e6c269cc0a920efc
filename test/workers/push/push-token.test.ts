/** The objects that keep push services' access tokens, inside workerd. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pushTokenSource } from "../../../src/durable/push-token-source.ts";
import type { TokenCredential } from "../../../src/push/token-source.ts";
import { env, newId } from "../http/edge.ts";

const MINUTE_MS = 60_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

async function pem(algorithm: Parameters<SubtleCrypto["generateKey"]>[0]): Promise<string> {
  const pair = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const bytes = new Uint8Array((await crypto.subtle.exportKey("pkcs8", pair.privateKey)) as ArrayBuffer);
  return `-----BEGIN PRIVATE KEY-----\n${btoa(String.fromCharCode(...bytes))}\n-----END PRIVATE KEY-----\n`;
}

async function apnsCredential(): Promise<TokenCredential> {
  const key = await pem({ name: "ECDSA", namedCurve: "P-256" });
  return { provider: "apns", config: { key, keyId: "KEY4567890", teamId: "TEAM567890", baseUrl: undefined } };
}

async function fcmCredential(): Promise<TokenCredential> {
  const privateKey = await pem({
    ...{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048 },
    publicExponent: new Uint8Array([1, 0, 1]),
  });
  const tokenUri = "https://oauth2.example/token";
  const baseUrl = "https://fcm.example";
  return {
    provider: "fcm",
    config: { projectId: "a-project", clientEmail: "a@b.example", privateKey, tokenUri, baseUrl },
  };
}

/** Answers the token URI with tokens g1, g2, …, each good for an hour. */
function googleAnswers() {
  let given = 0;
  return vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
    return Response.json({ access_token: `g${++given}`, expires_in: 3_600 });
  });
}

/** One object, asked directly as isolates do; an eviction leaves a stub of no use. */
function tokenObject(credential: TokenCredential) {
  const name = newId("push-token");
  const stub = () => env.PUSH_TOKEN.getByName(name);
  const token = async (refused?: string): Promise<string> => {
    const answer = await stub().token(credential, refused);
    if ("failure" in answer) throw new Error(answer.failure);
    return answer.token;
  };
  return { stub, token };
}

test("one token is made for all who ask at once", async () => {
  const fetches = googleAnswers();
  const { token } = tokenObject(await fcmCredential());
  expect(await Promise.all([token(), token(), token()])).toEqual(["g1", "g1", "g1"]);
  expect(fetches).toHaveBeenCalledOnce();
});

test("it outlives an eviction, a Google one until five minutes before its end", async () => {
  const fetches = googleAnswers();
  const { stub, token } = tokenObject(await fcmCredential());
  await token();
  await evictDurableObject(stub());
  pass(55 * MINUTE_MS - 1);
  expect(await token()).toBe("g1");
  expect(fetches).toHaveBeenCalledOnce();
  pass(1);
  expect(await token()).toBe("g2");
});

test("a refused Google token is replaced at once, and once for all who were refused", async () => {
  const fetches = googleAnswers();
  const { token } = tokenObject(await fcmCredential());
  await token();
  expect(await Promise.all([token("g1"), token("g1")])).toEqual(["g2", "g2"]);
  expect(await token("g1")).toBe("g2");
  expect(fetches).toHaveBeenCalledTimes(2);
});

test("an APNs token is reused for 50 minutes and not made anew within 20, evictions or not", async () => {
  const { stub, token } = tokenObject(await apnsCredential());
  const first = await token();
  await evictDurableObject(stub());
  pass(20 * MINUTE_MS - 1);
  expect(await token(first)).toBe(first);
  await evictDurableObject(stub());
  pass(1);
  const second = await token(first);
  expect(second).not.toBe(first);
  expect(await token(first)).toBe(second);
  pass(50 * MINUTE_MS - 1);
  expect(await token()).toBe(second);
  pass(1);
  expect(await token()).not.toBe(second);
});

test("a token that nobody asks for any more is forgotten, and not before its time", async () => {
  const { stub, token } = tokenObject(await apnsCredential());
  const first = await token();
  const kept = () => runInDurableObject(stub(), (_, { storage }) => [...storage.kv.list()].length);
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  expect(await kept()).toBe(1);
  expect(await token()).toBe(first);
  pass(50 * MINUTE_MS);
  const second = await token();
  pass(50 * MINUTE_MS);
  expect(await runDurableObjectAlarm(stub())).toBe(true);
  expect(await kept()).toBe(0);
  expect(await token()).not.toBe(second);
});

test("an isolate asks the object of its credential, once; another credential has another object", async () => {
  const names: string[] = [];
  const counted = {
    PUSH_TOKEN: {
      getByName: (name: string) => {
        names.push(name);
        return env.PUSH_TOKEN.getByName(name);
      },
    } as unknown as typeof env.PUSH_TOKEN,
  };
  const credential = await apnsCredential();
  const source = pushTokenSource(counted, credential);
  const first = await source.token();
  expect(first).toHaveProperty("token");
  expect(await source.token()).toEqual(first);
  expect(pushTokenSource(counted, credential)).toBe(source);
  expect(names).toHaveLength(1);

  // As another isolate, or this one after a change of where pushes go, would ask.
  const config = { ...credential.config, baseUrl: "https://other.example" };
  const again = pushTokenSource(counted, { ...credential, config } as TokenCredential);
  expect(await again.token()).toEqual(first);
  const other = await pushTokenSource(counted, await apnsCredential()).token();
  expect(other).toHaveProperty("token");
  expect(other).not.toEqual(first);
  expect(names[1]).toBe(names[0]);
  expect(names[2]).not.toBe(names[0]);
  for (const name of names) expect(name).toMatch(/^apns:[\w-]{43}$/);
});

test("a failure is told and not kept", async () => {
  const credential = await fcmCredential();
  const { stub, token } = tokenObject(credential);
  googleAnswers().mockRejectedValueOnce(new Error("no net"));
  expect(await stub().token(credential)).toEqual({ failure: "the token URI: the connection failed", temporary: true });
  expect(await token()).toBe("g1");
});
