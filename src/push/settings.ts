/** Reads the ALLSPARK_PUSH_* settings. src/env.ts calls this; nothing else looks at them. */
import { LOOPBACK_HOSTS } from "../domain/loopback.ts";
import type { SettingReader } from "../setting-reader.ts";
import {
  isVapidPrivateKey,
  isVapidPublicKey,
  isVapidSubject,
  isWebhookSecret,
  readPem,
  readServiceAccount,
} from "./key-forms.ts";
import type { ApnsConfig, FcmConfig, PushConfig, VapidConfig } from "./push-config.ts";

export type PushSettingName = `ALLSPARK_PUSH_${
  | `FCM_${"SERVICE_ACCOUNT" | "URL"}`
  | `APNS_${"KEY" | "KEY_ID" | "TEAM_ID" | "URL"}`
  | `VAPID_${"PUBLIC_KEY" | "PRIVATE_KEY" | "SUBJECT"}`
  | `WEBHOOK${"" | "_SECRET"}`
  | `${"DELAY" | "THROTTLE"}_MS`
  | "ALLOW_PRIVATE"}`;

type Name = PushSettingName;
type Reader = SettingReader<PushSettingName>;

const FCM_URL = "https://fcm.googleapis.com";
const DELAY_MS = 5_000;
/** As in the original Allspark. */
const THROTTLE_MS = 120_000;
const APPLE_ID = /^[A-Z0-9]{10}$/;

/** What the settings say, where the reader has no problem with them; else the answer is not to be used. */
export function readPushConfig(read: Reader): PushConfig {
  const allowPrivate = read.flag("ALLSPARK_PUSH_ALLOW_PRIVATE");
  return {
    fcm: readFcm(read, allowPrivate),
    apns: readApns(read, allowPrivate),
    vapid: readVapid(read),
    webhook: readWebhook(read),
    delayMs: read.count("ALLSPARK_PUSH_DELAY_MS", DELAY_MS, 0),
    throttleMs: read.count("ALLSPARK_PUSH_THROTTLE_MS", THROTTLE_MS, 0),
    allowPrivate,
  };
}

function readFcm(read: Reader, allowPrivate: boolean): FcmConfig | undefined {
  const name = "ALLSPARK_PUSH_FCM_SERVICE_ACCOUNT";
  const baseUrl = readBaseUrl(read, "ALLSPARK_PUSH_FCM_URL", allowPrivate) ?? FCM_URL;
  const [text] = readGroup(read, [name], ["ALLSPARK_PUSH_FCM_URL"]) ?? [];
  if (text === undefined) return undefined;
  const account = readServiceAccount(text);
  if (account === null) {
    read.must(name, "the JSON text of a service account's key");
    return undefined;
  }
  if ("wrong" in account) {
    const form = account.wrong.includes("private_key") ? " (private_key as PEM of PKCS #8)" : "";
    read.problem(`${name} lacks, or has in another form: ${account.wrong.join(", ")}${form}`);
    return undefined;
  }
  const tokenUri = URL.parse(account.tokenUri);
  if (tokenUri === null || !isSafe(tokenUri, allowPrivate)) read.problem(`${name}: its token_uri must be ${SAFE_URL}`);
  return { ...account, baseUrl };
}

function readApns(read: Reader, allowPrivate: boolean): ApnsConfig | undefined {
  const names = ["ALLSPARK_PUSH_APNS_KEY", "ALLSPARK_PUSH_APNS_KEY_ID", "ALLSPARK_PUSH_APNS_TEAM_ID"] as const;
  const baseUrl = readBaseUrl(read, "ALLSPARK_PUSH_APNS_URL", allowPrivate);
  const [text, keyId, teamId] = readGroup(read, names, ["ALLSPARK_PUSH_APNS_URL"]) ?? [];
  if (text === undefined || keyId === undefined || teamId === undefined) return undefined;
  const key = readPem(text);
  if (key === null) read.must(names[0], "the PEM text of the .p8 file from Apple");
  if (!APPLE_ID.test(keyId)) read.must(names[1], "10 capital letters and digits");
  if (!APPLE_ID.test(teamId)) read.must(names[2], "10 capital letters and digits");
  return key === null ? undefined : { key, keyId, teamId, baseUrl };
}

function readVapid(read: Reader): VapidConfig | undefined {
  const names = [
    "ALLSPARK_PUSH_VAPID_PUBLIC_KEY",
    "ALLSPARK_PUSH_VAPID_PRIVATE_KEY",
    "ALLSPARK_PUSH_VAPID_SUBJECT",
  ] as const;
  const [publicKey, privateKey, subject] = readGroup(read, names) ?? [];
  if (publicKey === undefined || privateKey === undefined || subject === undefined) return undefined;
  if (!isVapidPublicKey(publicKey)) read.must(names[0], "an uncompressed P-256 point in base64url, 65 bytes");
  if (!isVapidPrivateKey(privateKey)) read.must(names[1], "a P-256 private key in base64url, 32 bytes");
  if (!isVapidSubject(subject)) read.must(names[2], "a mailto: or https: URL");
  return { publicKey, privateKey, subject };
}

function readWebhook(read: Reader): PushConfig["webhook"] {
  const names = ["ALLSPARK_PUSH_WEBHOOK", "ALLSPARK_PUSH_WEBHOOK_SECRET"] as const;
  // The operator's own, so it may lie anywhere, unlike those of nodes.
  const url = read.url(
    names[0],
    ({ protocol, username, password, hash }) => /^https?:$/.test(protocol) && username + password + hash === "",
    "an http or https URL without user or fragment",
  );
  const [, secret] = readGroup(read, names) ?? [];
  if (url === undefined || secret === undefined) return undefined;
  if (!isWebhookSecret(secret)) read.must(names[1], "whsec_ and 24 to 64 bytes in base64");
  return { url, secret };
}

/**
 * The texts of settings that make sense together only, or undefined where not all are set: a problem, unless none is.
 * `extras` may be left out, but mean nothing without the group.
 */
function readGroup(read: Reader, names: readonly Name[], extras: readonly Name[] = []): string[] | undefined {
  const texts = names.map((name) => read.text(name));
  const missing = names.filter((_, i) => texts[i] === undefined);
  if (missing.length === 0) return texts.filter((text) => text !== undefined);
  const present = [...names, ...extras].filter((name) => read.text(name) !== undefined);
  const are = (list: readonly Name[]) => `${list.join(", ")} ${list.length === 1 ? "is" : "are"}`;
  if (present.length > 0) read.problem(`${are(missing)} not set, but ${are(present)}: set all of them or none`);
  return undefined;
}

const SAFE_URL =
  "an https URL without user, query or fragment (http only on localhost, or with ALLSPARK_PUSH_ALLOW_PRIVATE)";

function readBaseUrl(read: Reader, name: Name, allowPrivate: boolean): string | undefined {
  return read.url(name, (url) => isSafe(url, allowPrivate), SAFE_URL)?.replace(/\/+$/, "");
}

/** What goes there are keys' signatures and what is pushed. */
function isSafe({ protocol, hostname, username, password, search, hash }: URL, allowPrivate: boolean): boolean {
  if (username + password + search + hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && (allowPrivate || LOOPBACK_HOSTS.has(hostname)));
}
