/** `npm run key -- NODE_ID`: prints an auth_key signed with the first secret of this deployment, and nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import { isId } from "../src/protocol/ids.ts";
import type { AuthKeyForm } from "../src/domain/auth/key-form.ts";
import { checkSecrets } from "../src/domain/auth/secrets.ts";
import { type AuthKeyRequest, DEFAULT_TTL_SECONDS, mintAuthKey } from "../src/http/auth/mint.ts";

const USAGE = `usage: npm run -s key -- NODE_ID [options]
  --client C     the client (user or account) that the node belongs to
  --app          a privileged app node: may push, revoke and assign
  --ttl S        seconds until it expires, for --format jwt (${DEFAULT_TTL_SECONDS})
  --format F     jwt (default), v2 or v1; v2 keys live 31 days, v1 keys for ever
  --help         this text
The secret is the first of ALLSPARK_SECRETS, from the environment or else from .dev.vars; ALLSPARK_JWT_ISSUER and
ALLSPARK_JWT_AUDIENCE of the same place go into a JWT. -s keeps npm's own lines off stdout.
`;

const DEV_VARS = join(import.meta.dirname, "..", ".dev.vars");

/** Something the user can mend, with the exit code that says what: 2 for the command line, 1 for the settings. */
class Refusal extends Error {
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

function readOptions(args: string[]): AuthKeyRequest | "help" {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        client: { type: "string" },
        app: { type: "boolean" },
        ttl: { type: "string" },
        format: { type: "string", default: "jwt" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new Refusal((error as Error).message, 2);
  }
  const { values, positionals } = parsed;
  if (values.help) return "help";
  const [nodeId] = positionals;
  if (nodeId === undefined || positionals.length > 1) throw new Refusal("give one NODE_ID", 2);
  if (!isId(nodeId)) throw new Refusal("NODE_ID must be 1 to 128 bytes without control characters", 2);
  if (values.client !== undefined && !isId(values.client)) {
    throw new Refusal("--client must be 1 to 128 bytes without control characters", 2);
  }
  const format = readFormat(values.format);
  if (values.ttl !== undefined && format !== "jwt") throw new Refusal(`--ttl: a ${format} key cannot hold a ttl`, 2);
  if (values.ttl !== undefined && !/^[1-9][0-9]{0,9}$/.test(values.ttl)) {
    throw new Refusal(`--ttl must be a whole number of seconds above 0, not ${values.ttl}`, 2);
  }
  const ttlSeconds = values.ttl === undefined ? undefined : Number(values.ttl);
  return { nodeId, clientId: values.client, app: values.app, ttlSeconds, format };
}

function readFormat(format: string): AuthKeyForm {
  if (format === "jwt" || format === "v2" || format === "v1") return format;
  throw new Refusal(`--format must be jwt, v2 or v1, not ${format}`, 2);
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
      1,
    );
  }
  const problem = checkSecrets(secrets);
  if (problem !== null) throw new Refusal(`ALLSPARK_SECRETS in ${source}: ${problem}`, 1);
  return { secret, issuer: text("ALLSPARK_JWT_ISSUER"), audience: text("ALLSPARK_JWT_AUDIENCE") };
}

try {
  const request = readOptions(process.argv.slice(2));
  if (request === "help") {
    process.stdout.write(USAGE);
  } else {
    const { secret, issuer, audience } = readSettings();
    process.stdout.write(`${await mintAuthKey({ ...request, issuer, audience }, secret, Date.now())}\n`);
  }
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`${error.message}\n${error.exitCode === 2 ? `\n${USAGE}` : ""}`);
  process.exitCode = error.exitCode;
}
