/**
 * `npm run key -- NODE_ID`: prints an auth_key signed with the first secret of this deployment, and nothing else;
 * `npm run key -- --vapid`: a new pair of keys for Web Push.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { isId } from "../src/protocol/ids.ts";
import type { AuthKeyForm } from "../src/domain/auth/key-form.ts";
import { checkSecrets } from "../src/domain/auth/secrets.ts";
import { type AuthKeyRequest, DEFAULT_TTL_SECONDS, mintAuthKey } from "../src/http/auth/mint.ts";
import { parseCommandLine, WrongUsage } from "./command-line.ts";
import { vapidSettings } from "./key/vapid.ts";

const USAGE = `usage: npm run -s key -- NODE_ID [options]
       npm run -s key -- --vapid
  --client C     the client (user or account) that the node belongs to
  --app          a privileged app node: may push, revoke and assign
  --ttl S        seconds until it expires, for --format jwt (${DEFAULT_TTL_SECONDS})
  --format F     jwt (default), v2 or v1; v2 keys live 31 days, v1 keys for ever
  --vapid        new keys for Web Push as three lines of settings, in place of an auth_key; needs no secret
  --help         this text
The secret is the first of ALLSPARK_SECRETS, from the environment or else from .dev.vars; ALLSPARK_JWT_ISSUER and
ALLSPARK_JWT_AUDIENCE of the same place go into a JWT. -s keeps npm's own lines off stdout.
`;

const DEV_VARS = join(import.meta.dirname, "..", ".dev.vars");

/** Settings that the user can mend: shown as the message alone, exit code 1. */
class Refusal extends Error {}

function readOptions(args: string[]): AuthKeyRequest | "help" | "vapid" {
  const { values, positionals } = parseCommandLine("key", {
    args,
    allowPositionals: true,
    options: {
      client: { type: "string" },
      app: { type: "boolean" },
      ttl: { type: "string" },
      format: { type: "string" },
      vapid: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return "help";
  if (values.vapid) {
    if (positionals.length > 0 || Object.keys(values).length > 1) {
      throw new WrongUsage("--vapid makes keys of the whole deployment: give no NODE_ID or other option beside it");
    }
    return "vapid";
  }
  const [nodeId] = positionals;
  if (nodeId === undefined || positionals.length > 1) throw new WrongUsage("give one NODE_ID");
  if (!isId(nodeId)) throw new WrongUsage("NODE_ID must be 1 to 128 bytes without control characters");
  if (values.client !== undefined && !isId(values.client)) {
    throw new WrongUsage("--client must be 1 to 128 bytes without control characters");
  }
  const format = readFormat(values.format ?? "jwt");
  if (values.ttl !== undefined && format !== "jwt") throw new WrongUsage(`--ttl: a ${format} key cannot hold a ttl`);
  if (values.ttl !== undefined && !/^[1-9][0-9]{0,9}$/.test(values.ttl)) {
    throw new WrongUsage(`--ttl must be a whole number of seconds above 0, not ${values.ttl}`);
  }
  const ttlSeconds = values.ttl === undefined ? undefined : Number(values.ttl);
  return { nodeId, clientId: values.client, app: values.app, ttlSeconds, format };
}

function readFormat(format: string): AuthKeyForm {
  if (format === "jwt" || format === "v2" || format === "v1") return format;
  throw new WrongUsage(`--format must be jwt, v2 or v1, not ${format}`);
}

/** The environment if it has secrets, else .dev.vars: never a mixture of the two. */
function readSettings(): { secret: string; issuer?: string; audience?: string } {
  let settings: Record<string, string | undefined> = process.env;
  let source = "the environment";
  if (!settings["ALLSPARK_SECRETS"]?.trim()) {
    source = DEV_VARS;
    try {
      settings = parseEnv(readFileSync(DEV_VARS, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      settings = {};
    }
  }
  const text = (name: string): string | undefined => settings[name]?.trim() || undefined;
  const secrets = (text("ALLSPARK_SECRETS") ?? "").split(",").flatMap((secret) => secret.trim() || []);
  const [secret] = secrets;
  if (secret === undefined) {
    throw new Refusal(
      "there is no secret to sign with: set ALLSPARK_SECRETS to the one your deployment has,\n" +
        `or run \`npm run dev\` once, which makes one for local use in ${DEV_VARS}`,
    );
  }
  const problem = checkSecrets(secrets);
  if (problem !== null) throw new Refusal(`ALLSPARK_SECRETS in ${source}: ${problem}`);
  return { secret, issuer: text("ALLSPARK_JWT_ISSUER"), audience: text("ALLSPARK_JWT_AUDIENCE") };
}

try {
  const request = readOptions(process.argv.slice(2));
  if (request === "help") {
    process.stdout.write(USAGE);
  } else if (request === "vapid") {
    process.stdout.write(await vapidSettings());
  } else {
    const { secret, issuer, audience } = readSettings();
    process.stdout.write(`${await mintAuthKey({ ...request, issuer, audience }, secret, Date.now())}\n`);
  }
} catch (error) {
  if (error instanceof WrongUsage) process.stderr.write(`${error.message}\n\n${USAGE}`);
  else if (error instanceof Refusal) process.stderr.write(`${error.message}\n`);
  else throw error;
  process.exitCode = error instanceof WrongUsage ? 2 : 1;
}
