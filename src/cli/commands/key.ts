/** `allspark key NODE`: makes an auth_key, as `npm run key` does. */
import { type Command, Option } from "commander";
import type { AuthKeyForm } from "../../domain/auth/key-form.ts";
import { DEFAULT_TTL_SECONDS, mintAuthKey } from "../../http/auth/mint.ts";
import { define, type Run } from "../define.ts";
import { UsageError } from "../failures.ts";
import { id, whole } from "../option-values.ts";

interface Options {
  client?: string;
  app?: true;
  ttl?: number;
  format: AuthKeyForm;
}

const MAX_TTL_SECONDS = 9_999_999_999;

export function key(parent: Command, run: Run): void {
  define(parent, "key", {
    summary: "make an auth_key for a node",
    more: "It needs the deployment's secrets, and nothing of the deployment: the first secret signs.",
    examples: [
      ["allspark key alice", "a key of alice, good for an hour"],
      ["allspark key alice --client 42 --ttl 86400", "for a day, alice being one of the nodes of client 42"],
      ["allspark key backend --app", "of a backend, which may push, revoke and assign"],
    ],
  })
    .argument("<node>", "the node that the key is for", id)
    .option("--client <client>", "the client (user or account) that the node belongs to", id)
    .option("--app", "a privileged app node: may push, revoke and assign")
    .option(
      "--ttl <seconds>",
      `until it expires, for --format jwt (default: ${DEFAULT_TTL_SECONDS})`,
      whole(1, MAX_TTL_SECONDS),
    )
    .addOption(
      new Option("--format <format>", "v2 keys live 31 days, v1 keys for ever")
        .choices(["jwt", "v2", "v1"])
        .default("jwt"),
    )
    .action((nodeId: string, { client: clientId, app, ttl: ttlSeconds, format }: Options, command: Command) =>
      run(command, async ({ config, output }) => {
        if (ttlSeconds !== undefined && format !== "jwt")
          throw new UsageError(`--ttl: a ${format} key cannot hold a ttl`);
        if (config.secrets === undefined) {
          throw new UsageError(
            "there is no secret to sign with: set ALLSPARK_SECRETS to those of the deployment; " +
              "`npm run dev` makes some for local use in .dev.vars",
          );
        }
        const { list, issuer, audience } = config.secrets;
        const request = { nodeId, clientId, app, ttlSeconds, format, issuer, audience };
        const authKey = await mintAuthKey(request, list[0] as string, Date.now());
        await output.result(authKey, { auth_key: authKey, node_id: nodeId });
      }),
    );
}
