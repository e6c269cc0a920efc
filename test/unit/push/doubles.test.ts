/** The judges judged: the doubles refuse what the services would. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { importPKCS8, SignJWT } from "jose";
import { afterAll, expect, test } from "vitest";
import { googleMint } from "../../../src/push/google-token.ts";
import { startApnsDouble } from "../../support/push/apns-double.ts";
import { startFcmDouble } from "../../support/push/fcm-double.ts";
import { pushConfig } from "../../support/push/pushes.ts";

const fcm = await startFcmDouble();
const apns = await startApnsDouble();
const config = pushConfig({ ...fcm.settings(), ...apns.settings() });
afterAll(() => Promise.all([fcm.close(), apns.close()]));

const S = () => Math.floor(Date.now() / 1_000);

async function fault(of: { faults: string[] }, call: Promise<Response>): Promise<string | undefined> {
  expect((await call).status).toBe(400);
  return of.faults.pop();
}

test.each([
  ["scope", { scope: "all" }],
  ["exp", { exp: S() + 3_700 }],
  ["iat", { iat: S() - 120 }],
  ["claims", { sub: "x" }],
  ['"iss"', { iss: "x" }],
  ['"aud"', { aud: "x" }],
])("Google's token endpoint minds %s", async (what, change) => {
  const { clientEmail: iss, privateKey, tokenUri: aud } = config.fcm!;
  const scope = "https://www.googleapis.com/auth/firebase.messaging";
  const assertion = await new SignJWT({ iss, aud, scope, iat: S(), exp: S() + 3_600, ...change })
    .setProtectedHeader({ alg: "RS256" })
    .sign(await importPKCS8(privateKey, "RS256"));
  const body = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
  expect(await fault(fcm, fetch(aud, { method: "POST", body }))).toContain(what);
});

test.each([
  ["unknown field", { topic: "t" }],
  ["one of token and fid", { fid: "f" }],
  ["data.n must be text", { data: { n: 1 } }],
  ["reserved", { data: { from: "x" } }],
  ["a payload of 4101 bytes", { data: { x: "y".repeat(4_100) } }],
  ["priority", { android: { priority: "urgent" } }],
  ["android.ttl", { android: { ttl: "31d" } }],
  ["another priority", { apns: { headers: { "apns-push-type": "background" }, payload: { aps: {} } } }],
])("FCM minds: %s", async (what, change) => {
  const token = await googleMint(config.fcm!).mint(Date.now());
  if ("failure" in token) throw new Error(token.failure);
  const call = fetch(`${fcm.url}/v1/projects/${config.fcm!.projectId}/messages:send`, {
    method: "POST",
    headers: { authorization: `Bearer ${token.token}`, "content-type": "application/json" },
    body: JSON.stringify({ message: { token: "t", ...change } }),
  });
  expect(await fault(fcm, call)).toContain(what);
});

async function providerToken(iat: number, change: { kid?: string; iss?: string; key?: string } = {}): Promise<string> {
  const { key, keyId, teamId } = config.apns!;
  return new SignJWT({ iss: change.iss ?? teamId, iat })
    .setProtectedHeader({ alg: "ES256", kid: change.kid ?? keyId })
    .sign(await importPKCS8(change.key ?? key, "ES256"));
}

let good: string | undefined;
async function notify(headers: Record<string, string> = {}, payload: object = { aps: { alert: { title: "t" } } }) {
  good ??= await providerToken(S());
  return fetch(`${apns.url}/3/device/${"ab".repeat(32)}`, {
    method: "POST",
    headers: {
      ...{
        authorization: `bearer ${good}`,
        "apns-topic": apns.topic,
        "apns-push-type": "alert",
        "apns-priority": "10",
      },
      ...{ "apns-expiration": "0", "apns-id": randomUUID() },
      ...headers,
    },
    body: JSON.stringify(payload),
  });
}

test.each([
  ["apns-topic", { "apns-topic": "other" }],
  ["apns-push-type", { "apns-push-type": "loud" }],
  ["apns-priority", { "apns-priority": "11" }],
  ["another priority", { "apns-push-type": "background" }],
  ["apns-expiration", { "apns-expiration": "tomorrow" }],
  ["apns-collapse-id", { "apns-collapse-id": "x".repeat(65) }],
  ["apns-id", { "apns-id": "1" }],
  ["unknown field", { "apns-colour": "red" }],
])("APNs minds %s", async (what, headers) => {
  expect(await fault(apns, notify(headers as Record<string, string>))).toContain(what);
});

test.each([
  ["a payload of 4130 bytes", {}, { aps: { alert: { title: "x".repeat(4_100) } } }],
  ["unknown field colour", {}, { aps: { alert: { title: "t" }, colour: "red" } }],
  ["aps must be an object", {}, {}],
  [
    "aps of a background push",
    { "apns-push-type": "background", "apns-priority": "5" },
    { aps: { "content-available": 1, sound: "x" } },
  ],
])("APNs minds: %s", async (what, headers, payload) => {
  expect(await fault(apns, notify(headers as Record<string, string>, payload))).toContain(what);
});

test("APNs minds provider tokens", async () => {
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const key = other.export({ type: "pkcs8", format: "pem" }).toString();
  const reason = async (token: string) => {
    const answer = await notify({ authorization: `bearer ${token}` });
    return answer.status === 200 ? "" : `${answer.status} ${((await answer.json()) as { reason: string }).reason}`;
  };
  expect(await reason("nonsense")).toBe("403 InvalidProviderToken");
  expect(await reason(await providerToken(S(), { key }))).toBe("403 InvalidProviderToken");
  expect(await reason(await providerToken(S(), { kid: "OTHERKEY12" }))).toBe("403 InvalidProviderToken");
  expect(await reason(await providerToken(S(), { iss: "OTHERTEAM1" }))).toBe("403 InvalidProviderToken");
  expect(await reason(await providerToken(S() - 3_605))).toBe("403 ExpiredProviderToken");
  good = await providerToken(S() - 25 * 60);
  await notify();
  expect(await reason(await providerToken(S() - 25 * 60 + 1_190))).toBe("429 TooManyProviderTokenUpdates");
  expect(await reason(good)).toBe("");
  expect(await reason(await providerToken(S()))).toBe("");
});
