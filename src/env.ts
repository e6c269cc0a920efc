/**
 * The bindings and settings of the Worker and its objects, and the one place where settings are
 * read. Nothing else looks at an ALLSPARK_* variable.
 */
import { checkSecrets } from "./domain/auth/secrets.ts";
import { LOOPBACK_HOSTS } from "./domain/loopback.ts";
import type { ClientObject } from "./durable/client.ts";
import type { NodeObject } from "./durable/node.ts";
import type { PushTokenObject } from "./durable/push-token.ts";
import type { SessionObject } from "./durable/session.ts";
import type { AuthConfig } from "./http/auth/auth-key.ts";
import { LIMITS } from "./protocol/limits.ts";
import type { PushConfig } from "./push/push-config.ts";
import { type PushSettingName, readPushConfig } from "./push/settings.ts";
import { type Setting, settingReader } from "./setting-reader.ts";
import type { PushJobMessage } from "./push/push-job.ts";

/** What the platform binds; see the settings table in the docs for each ALLSPARK_* variable, those of pushes included. */
export interface Env extends Partial<Record<PushSettingName, Setting>> {
  NODE: DurableObjectNamespace<NodeObject>;
  CLIENT: DurableObjectNamespace<ClientObject>;
  SESSION: DurableObjectNamespace<SessionObject>;
  PUSH_TOKEN: DurableObjectNamespace<PushTokenObject>;
  PUSH_QUEUE: Queue<PushJobMessage>;
  /** A way to the operator's own webhook where fetch() has none: under `npm run serve`, to a private address. */
  PUSH_WEBHOOK_NETWORK?: Fetcher;
  /** The page at `/`; tests may run without. */
  ASSETS?: Fetcher;
  ALLSPARK_SECRETS?: Setting;
  ALLSPARK_JWKS_URL?: Setting;
  ALLSPARK_JWT_ISSUER?: Setting;
  ALLSPARK_JWT_AUDIENCE?: Setting;
  ALLSPARK_ACCEPT_V1_KEYS?: Setting;
  ALLSPARK_ALLOW_UNVALIDATED?: Setting;
  ALLSPARK_REQUIRE_REGISTERED?: Setting;
  ALLSPARK_CLUSTER_ID?: Setting;
  ALLSPARK_PUBLIC_URL?: Setting;
  ALLSPARK_DEV_KEYS?: Setting;
  ALLSPARK_MESSAGES_PER_SECOND?: Setting;
  ALLSPARK_BYTES_PER_SECOND?: Setting;
}

/** The settings, checked. */
export interface Config {
  auth: AuthConfig;
  /** This deployment's name, as `dest_cluster_id` of others names it. */
  clusterId: string;
  /** What validation keys are bound to, and the node_id that pre-connection answers. */
  gatewayId: string;
  /** Does /connectV2 open connections without a validation key? */
  allowUnvalidated: boolean;
  /** Are messages to nodes that were never seen refused? */
  requireRegistered: boolean;
  /** http(s) URL without trailing slash under which clients reach the edge, where the request's own is not it. */
  publicUrl?: string;
  /** Does POST /dev/key mint keys for anyone? Only in local development. */
  devKeys: boolean;
  /** Token bucket of one connection. */
  messagesPerSecond: number;
  bytesPerSecond: number;
  push: PushConfig;
}

/** Settings are wrong. The message names each and says what to set; it never holds a value. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

type SettingName = Extract<keyof Env, `ALLSPARK_${string}`>;

const DEFAULT_CLUSTER_ID = "allspark";
const CLUSTER_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The platform hands the same env to every request of an isolate; a wrong one is remembered too. */
const checked = new WeakMap<Env, Config | ConfigError>();

/**
 * The checked settings of `env`; checks and logs once an isolate. Throws ConfigError, with every
 * problem in its message, each time until the settings are mended and deployed again.
 */
export function parseConfig(env: Env): Config {
  let outcome = checked.get(env);
  if (outcome === undefined) {
    outcome = check(env);
    checked.set(env, outcome);
    if (outcome instanceof ConfigError) console.error(`configuration error: ${outcome.message}`);
  }
  if (outcome instanceof ConfigError) throw outcome;
  return outcome;
}

function check(env: Env): Config | ConfigError {
  const reader = settingReader<SettingName>(env);
  const { text, flag, count, url, must, problem, problems } = reader;

  const secrets = (text("ALLSPARK_SECRETS") ?? "").split(",").flatMap((secret) => secret.trim() || []);
  if (secrets.length === 0) {
    problem("ALLSPARK_SECRETS is not set: give it one or more comma-separated secrets, the first signs and all verify");
  } else {
    const weakness = checkSecrets(secrets);
    if (weakness !== null) problem(`ALLSPARK_SECRETS: ${weakness}`);
  }

  // Whoever can change what comes from there can sign in as anyone.
  const jwksUrl = url(
    "ALLSPARK_JWKS_URL",
    ({ protocol, hostname }) => protocol === "https:" || (protocol === "http:" && LOOPBACK_HOSTS.has(hostname)),
    "an https URL",
  );
  const publicUrl = url(
    "ALLSPARK_PUBLIC_URL",
    ({ protocol, search, hash, username }) => /^https?:$/.test(protocol) && search + hash + username === "",
    "an http or https URL without user, query or fragment",
  );
  const clusterId = text("ALLSPARK_CLUSTER_ID") ?? DEFAULT_CLUSTER_ID;
  if (!CLUSTER_ID.test(clusterId)) must("ALLSPARK_CLUSTER_ID", "1 to 64 letters, digits, dots, dashes or underscores");

  const config: Config = {
    auth: {
      secrets,
      acceptV1Keys: flag("ALLSPARK_ACCEPT_V1_KEYS"),
      jwksUrl,
      issuer: text("ALLSPARK_JWT_ISSUER"),
      audience: text("ALLSPARK_JWT_AUDIENCE"),
    },
    clusterId,
    gatewayId: `edge.${clusterId}`,
    allowUnvalidated: flag("ALLSPARK_ALLOW_UNVALIDATED"),
    requireRegistered: flag("ALLSPARK_REQUIRE_REGISTERED"),
    publicUrl: publicUrl?.replace(/\/+$/, ""),
    devKeys: flag("ALLSPARK_DEV_KEYS"),
    messagesPerSecond: count("ALLSPARK_MESSAGES_PER_SECOND", LIMITS.messagesPerSecond),
    bytesPerSecond: count("ALLSPARK_BYTES_PER_SECOND", LIMITS.bytesPerSecond),
    push: readPushConfig(reader),
  };
  return problems.length === 0 ? config : new ConfigError(problems.join("; "));
}
