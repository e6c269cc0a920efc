/** Which edge, and who speaks: flags before the environment before `.allspark.json`, and .dev.vars where none of them says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { checkSecrets } from "../../domain/auth/secrets.ts";
import { isId } from "../../protocol/ids.ts";
import { UsageError } from "../failures.ts";
import { readConfigFile } from "./config-file.ts";

export const DEFAULT_URL = "http://localhost:8787";
const DEV_VARS = ".dev.vars";

/** As they stand on the command line. */
export interface Flags {
  url?: string;
  as?: string;
  secrets?: string;
  authKey?: string;
}

export interface Secrets {
  list: string[];
  issuer: string | undefined;
  audience: string | undefined;
  /** Where they come from, for messages. */
  source: string;
}

export interface Config {
  url: string;
  urlSource: string;
  /** Where the secrets are kept; undefined where there are none. */
  secrets: Secrets | undefined;
  /** Who speaks: a node that a key is made for, or the holder of a key. */
  speaker:
    | { kind: "node"; nodeId: string; source: string }
    | { kind: "key"; authKey: string; source: string }
    | undefined;
}

/** Throws UsageError naming the setting that is wrong, and what would be right. */
export function readConfig(flags: Flags, env: NodeJS.ProcessEnv, folder: string): Config {
  const file = readConfigFile(folder);
  const set = (name: string): string | undefined => env[name]?.trim() || undefined;
  const jwt = { issuer: set("ALLSPARK_JWT_ISSUER"), audience: set("ALLSPARK_JWT_AUDIENCE") };
  // In order: what stands further up counts.
  const sources = [
    { ...flags, ...jwt, name: (flag: string) => `--${flag}` },
    {
      url: set("ALLSPARK_URL"),
      as: undefined,
      secrets: set("ALLSPARK_SECRETS"),
      authKey: set("ALLSPARK_AUTH_KEY"),
      ...jwt,
      name: (flag: string) => `ALLSPARK_${flag.toUpperCase().replace("-", "_")}`,
    },
    ...(file === undefined
      ? []
      : [
          {
            ...file,
            issuer: file.jwtIssuer,
            audience: file.jwtAudience,
            name: (flag: string) => `${flag === "auth-key" ? "authKey" : flag} in ${file.path}`,
          },
        ]),
  ];
  const url = sources.find((source) => source.url !== undefined);
  const secrets = sources.find((source) => source.secrets !== undefined);
  const speaker = sources.find((source) => source.as !== undefined || source.authKey !== undefined);
  const isKeyGiven = sources.some((source) => source.authKey !== undefined);
  return {
    url: checkedUrl(url?.url ?? DEFAULT_URL, url?.name("url") ?? "the default address"),
    urlSource: url?.name("url") ?? "by default",
    secrets:
      secrets === undefined
        ? isKeyGiven
          ? undefined
          : devSecrets(folder)
        : checkedSecrets({ ...secrets, list: secrets.secrets ?? "", source: secrets.name("secrets") }),
    speaker: speaker && speakerOf(speaker),
  };
}

interface SpeakerSource {
  as?: string | undefined;
  authKey?: string | undefined;
  name: (flag: string) => string;
}

function speakerOf({ as, authKey, name }: SpeakerSource): Config["speaker"] {
  if (as !== undefined && authKey !== undefined) {
    const [node, key] = [name("as"), name("auth-key")];
    throw new UsageError(`${node} and ${key} both say who speaks: give one of them`);
  }
  if (as === undefined)
    return { kind: "key", authKey: checkedKey(authKey ?? "", name("auth-key")), source: name("auth-key") };
  if (!isId(as)) throw new UsageError(`${name("as")} must be a node id: 1 to 128 bytes without control characters`);
  return { kind: "node", nodeId: as, source: name("as") };
}

/** Errors of fetch would quote what fits into no header. */
function checkedKey(authKey: string, source: string): string {
  const key = authKey.trim();
  if (!/^[!-~]+$/.test(key)) throw new UsageError(`${source} is no key: \`allspark key NODE\` makes one`);
  return key;
}

function checkedUrl(url: string, source: string): string {
  const right = "it must be an address as https://allspark.example.com or http://localhost:8787";
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new UsageError(`${source} is no address: ${right}`);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new UsageError(`${source} starts with ${parsed.protocol}//: ${right}`);
  }
  if (parsed.username || parsed.password || parsed.search || parsed.hash) {
    throw new UsageError(`${source} has a user, query or fragment: ${right}`);
  }
  return url.replace(/\/+$/, "");
}

function checkedSecrets(given: Omit<Secrets, "list"> & { list: string }): Secrets {
  const { issuer, audience, source } = given;
  const list = given.list.split(",").flatMap((secret) => secret.trim() || []);
  const problem = checkSecrets(list);
  if (problem !== null) throw new UsageError(`${source}: ${problem}`);
  return { list, issuer, audience, source };
}

/** What `npm run dev` keeps in the checkout: so that nothing has to be set up to try things on one's own machine. */
function devSecrets(folder: string): Secrets | undefined {
  const path = join(folder, DEV_VARS);
  let vars: Record<string, string | undefined>;
  try {
    vars = parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new UsageError(`${path} cannot be read (${code})`);
  }
  const set = (name: string): string | undefined => vars[name]?.trim() || undefined;
  const list = set("ALLSPARK_SECRETS");
  if (list === undefined) return undefined;
  return checkedSecrets({
    list,
    issuer: set("ALLSPARK_JWT_ISSUER"),
    audience: set("ALLSPARK_JWT_AUDIENCE"),
    source: `ALLSPARK_SECRETS in ${path}`,
  });
}
