/** The ALLSPARK_PUSH_* settings. That src/env.ts asks for them is seen in workers/http/settings.test.ts. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type PushSettingName, readPushConfig } from "../../../src/push/settings.ts";
import { settingReader } from "../../../src/setting-reader.ts";
import { pushConfig } from "../../support/push/pushes.ts";

type Settings = Partial<Record<PushSettingName, string>>;

const PEM = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const POINT = Buffer.concat([Buffer.of(4), randomBytes(64)]).toString("base64url");
const SCALAR = randomBytes(32).toString("base64url");
const SECRET = `whsec_${randomBytes(24).toString("base64")}`;

const account = (change: object = {}) =>
  JSON.stringify({ project_id: "a-project", client_email: "a@b.example", private_key: PEM, ...change });
const FCM = { ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: account() };
const APNS = {
  ALLSPARK_PUSH_APNS_KEY: PEM,
  ALLSPARK_PUSH_APNS_KEY_ID: "KEY4567890",
  ALLSPARK_PUSH_APNS_TEAM_ID: "TEAM567890",
};
const VAPID = {
  ALLSPARK_PUSH_VAPID_PUBLIC_KEY: POINT,
  ALLSPARK_PUSH_VAPID_PRIVATE_KEY: SCALAR,
  ALLSPARK_PUSH_VAPID_SUBJECT: "mailto:ops@example.com",
};
const WEBHOOK = { ALLSPARK_PUSH_WEBHOOK: "https://example.com/hook?x=1", ALLSPARK_PUSH_WEBHOOK_SECRET: SECRET };

function problems(settings: Settings): string[] {
  const reader = settingReader<PushSettingName>(settings);
  readPushConfig(reader);
  return reader.problems;
}

test("without settings no service is configured, and the times are the standard ones", () => {
  expect(pushConfig({})).toEqual({ delayMs: 5_000, throttleMs: 120_000, allowPrivate: false });
});

test("all of them", () => {
  const config = pushConfig({
    ...{ ...FCM, ...APNS, ...VAPID, ...WEBHOOK },
    ALLSPARK_PUSH_DELAY_MS: "0",
    ALLSPARK_PUSH_THROTTLE_MS: "0",
    ALLSPARK_PUSH_ALLOW_PRIVATE: "true",
  });
  expect(config).toEqual({
    fcm: {
      projectId: "a-project",
      clientEmail: "a@b.example",
      privateKey: PEM,
      tokenUri: "https://oauth2.googleapis.com/token",
      baseUrl: "https://fcm.googleapis.com",
    },
    apns: { key: PEM, keyId: "KEY4567890", teamId: "TEAM567890", baseUrl: undefined },
    vapid: { publicKey: POINT, privateKey: SCALAR, subject: "mailto:ops@example.com" },
    webhook: { url: "https://example.com/hook?x=1", secret: SECRET },
    delayMs: 0,
    throttleMs: 0,
    allowPrivate: true,
  });
});

test.each([
  ["literal \\n", PEM.replaceAll("\n", "\\n")],
  ["Windows' line breaks", PEM.replaceAll("\n", "\r\n")],
  ["no last line break", PEM.trim()],
])("a key with %s is read", (_, key) => {
  expect(pushConfig({ ...APNS, ALLSPARK_PUSH_APNS_KEY: key }).apns?.key).toBe(PEM);
  const text = account({ private_key: key });
  expect(pushConfig({ ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: text }).fcm?.privateKey).toBe(PEM);
});

test("other addresses, without the slash at their end", () => {
  const config = pushConfig({
    ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: account({ token_uri: "http://127.0.0.1:9/token" }),
    ALLSPARK_PUSH_FCM_URL: "https://fcm.example/x/",
    ...APNS,
    ALLSPARK_PUSH_APNS_URL: "http://localhost:9/",
  });
  expect(config.fcm).toMatchObject({ tokenUri: "http://127.0.0.1:9/token", baseUrl: "https://fcm.example/x" });
  expect(config.apns?.baseUrl).toBe("http://localhost:9");
});

test.each([
  [{ ...FCM, ALLSPARK_PUSH_FCM_URL: "http://10.0.0.1" }],
  [{ ...APNS, ALLSPARK_PUSH_APNS_URL: "http://h2-proxy:8080" }],
  [{ ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: account({ token_uri: "http://10.0.0.1/token" }) }],
])("plain http goes elsewhere only where private addresses are allowed", (settings: Settings) => {
  expect(problems(settings)).toEqual([expect.stringContaining("https URL")]);
  expect(problems({ ...settings, ALLSPARK_PUSH_ALLOW_PRIVATE: "1" })).toEqual([]);
});

test.each<[string, Settings]>([
  ["ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT must be", { ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: "./secret-key.json" }],
  ["ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT must be", { ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: '["secret"]' }],
  ["project_id, client_email, private_key", { ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: '{"x":"secret"}' }],
  ["form: private_key (", { ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: account({ private_key: "secret" }) }],
  ["form: project_id", { ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: account({ project_id: "secret/../x" }) }],
  ["form: client_email", { ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: account({ client_email: "secret" }) }],
  ["token_uri must be", { ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT: account({ token_uri: "secret" }) }],
  ["ALLSPARK_PUSH_FCM_URL must be", { ...FCM, ALLSPARK_PUSH_FCM_URL: "https://secret@fcm.example/" }],
  ["ALLSPARK_PUSH_FCM_URL must be", { ...FCM, ALLSPARK_PUSH_FCM_URL: "https://fcm.example/?secret" }],
  ["ALLSPARK_PUSH_APNS_KEY must be", { ...APNS, ALLSPARK_PUSH_APNS_KEY: "secret.p8" }],
  [
    "ALLSPARK_PUSH_APNS_KEY must be",
    { ...APNS, ALLSPARK_PUSH_APNS_KEY: PEM.replaceAll("PRIVATE", "secret EC PRIVATE") },
  ],
  ["ALLSPARK_PUSH_APNS_KEY_ID must be", { ...APNS, ALLSPARK_PUSH_APNS_KEY_ID: "secret" }],
  ["ALLSPARK_PUSH_APNS_TEAM_ID must be", { ...APNS, ALLSPARK_PUSH_APNS_TEAM_ID: "secret67890" }],
  ["ALLSPARK_PUSH_APNS_URL must be", { ...APNS, ALLSPARK_PUSH_APNS_URL: "secret" }],
  ["ALLSPARK_PUSH_VAPID_PUBLIC_KEY must be", { ...VAPID, ALLSPARK_PUSH_VAPID_PUBLIC_KEY: SCALAR }],
  ["ALLSPARK_PUSH_VAPID_PUBLIC_KEY must be", { ...VAPID, ALLSPARK_PUSH_VAPID_PUBLIC_KEY: `${POINT}=` }],
  ["ALLSPARK_PUSH_VAPID_PRIVATE_KEY must be", { ...VAPID, ALLSPARK_PUSH_VAPID_PRIVATE_KEY: POINT }],
  ["ALLSPARK_PUSH_VAPID_SUBJECT must be", { ...VAPID, ALLSPARK_PUSH_VAPID_SUBJECT: "secret@example.com" }],
  ["ALLSPARK_PUSH_VAPID_SUBJECT must be", { ...VAPID, ALLSPARK_PUSH_VAPID_SUBJECT: "http://secret.example" }],
  ["ALLSPARK_PUSH_WEBHOOK must be", { ...WEBHOOK, ALLSPARK_PUSH_WEBHOOK: "https://secret:x@example.com/" }],
  ["ALLSPARK_PUSH_WEBHOOK must be", { ...WEBHOOK, ALLSPARK_PUSH_WEBHOOK: "https://example.com/#secret" }],
  ["ALLSPARK_PUSH_WEBHOOK_SECRET must be", { ...WEBHOOK, ALLSPARK_PUSH_WEBHOOK_SECRET: "secret" }],
  [
    "ALLSPARK_PUSH_WEBHOOK_SECRET must be",
    { ...WEBHOOK, ALLSPARK_PUSH_WEBHOOK_SECRET: `whsec_${randomBytes(23).toString("base64")}` },
  ],
  [
    "ALLSPARK_PUSH_WEBHOOK_SECRET must be",
    { ...WEBHOOK, ALLSPARK_PUSH_WEBHOOK_SECRET: `whsec_${randomBytes(65).toString("base64")}` },
  ],
  ["ALLSPARK_PUSH_DELAY_MS must be", { ALLSPARK_PUSH_DELAY_MS: "-1" }],
  ["ALLSPARK_PUSH_THROTTLE_MS must be", { ALLSPARK_PUSH_THROTTLE_MS: "2s" }],
  ["ALLSPARK_PUSH_ALLOW_PRIVATE must be", { ALLSPARK_PUSH_ALLOW_PRIVATE: "yes" }],
])("%s …, with %o", (problem, settings) => {
  const found = problems(settings);
  expect(found).toEqual([expect.stringContaining(problem)]);
  expect(found[0]).not.toContain("secret");
});

test("a private address is fine for the operator's own webhook", () => {
  expect(problems({ ...WEBHOOK, ALLSPARK_PUSH_WEBHOOK: "http://10.0.0.1/hook" })).toEqual([]);
});

test.each<[Settings, string, string]>([
  [{ ALLSPARK_PUSH_FCM_URL: "https://x.example" }, "FCM_SERVICE_ACCOUNT is not set", "FCM_URL is"],
  [{ ALLSPARK_PUSH_APNS_URL: "https://x.example" }, "APNS_TEAM_ID are not set", "APNS_URL is"],
  [{ ...APNS, ALLSPARK_PUSH_APNS_KEY_ID: "" }, "APNS_KEY_ID is not set", "APNS_KEY, ALLSPARK_PUSH_APNS_TEAM_ID are"],
  [{ ...VAPID, ALLSPARK_PUSH_VAPID_SUBJECT: " " }, "VAPID_SUBJECT is not set", "VAPID_PRIVATE_KEY are"],
  [{ ALLSPARK_PUSH_WEBHOOK: "https://x.example" }, "WEBHOOK_SECRET is not set", "WEBHOOK is"],
  [{ ALLSPARK_PUSH_WEBHOOK_SECRET: SECRET }, "WEBHOOK is not set", "WEBHOOK_SECRET is"],
])("half of a group names what is missing: %o", (settings, missing, present) => {
  expect(problems(settings)).toEqual([expect.stringMatching(new RegExp(`${missing}, but .*${present}: set all`))]);
});
