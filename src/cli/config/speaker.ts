/** The keys that commands speak with: the one that was given, or fresh ones made with the deployment's secrets. */
import { mintAuthKey } from "../../http/auth/mint.ts";
import { UsageError } from "../failures.ts";
import type { Config, Secrets } from "./config.ts";

export interface Speaker {
  /** undefined where only the edge can tell whose key it is. */
  nodeId: string | undefined;
  /** Fresh ones where there are secrets: a listener outlives a key. */
  authKey: string | (() => Promise<string>);
  /** Where the key comes from, for messages. */
  source: string;
}

/** The node that operators' commands speak as. */
export const OPERATOR = "allspark-cli";

const WHERE_SECRETS = "set ALLSPARK_SECRETS to those of the deployment, or give secrets in .allspark.json";

/** The node that `--as` names, or the holder of the auth key. Throws UsageError saying what is missing. */
export function speaker({ speaker: who, secrets }: Config, options: { app?: boolean } = {}): Speaker {
  if (who === undefined) {
    throw new UsageError(
      secrets === undefined
        ? `who speaks? Give --as NODE and ${WHERE_SECRETS}; or set ALLSPARK_AUTH_KEY to a node's key`
        : "who speaks? Give --as NODE",
    );
  }
  if (who.kind === "key") return { nodeId: undefined, authKey: who.authKey, source: who.source };
  if (secrets !== undefined) return minting(secrets, who.nodeId, options.app ?? false);
  throw new UsageError(
    `${who.source} needs the deployment's secrets, to make a key for ${who.nodeId}: ${WHERE_SECRETS}. ` +
      "An auth key speaks for its own node: with one alone leave --as away",
  );
}

/** An app node, for what only the operator may do; with an auth key alone it is that key's holder. */
export function operator(config: Config): Speaker {
  if (config.secrets !== undefined) return minting(config.secrets, OPERATOR, true);
  if (config.speaker?.kind === "key") return speaker(config);
  throw new UsageError(`this is for app nodes: ${WHERE_SECRETS}; or set ALLSPARK_AUTH_KEY to an app node's key`);
}

/** Who was named, or else the operator: for what members of a session and app nodes may both do. */
export function speakerOrOperator(config: Config): Speaker {
  return config.speaker === undefined && config.secrets !== undefined ? operator(config) : speaker(config);
}

/** A node of one's own, for what needs no particular one; the named one where there are no secrets to make a key with. */
export function namedOrOwn(config: Config, nodeId: string): Speaker {
  if (config.speaker !== undefined || config.secrets === undefined) return speaker(config);
  return minting(config.secrets, nodeId, false);
}

export function minting({ list, issuer, audience, source }: Secrets, nodeId: string, app: boolean): Speaker {
  const secret = list[0] as string;
  return {
    nodeId,
    authKey: () => mintAuthKey({ nodeId, app, format: "jwt", issuer, audience }, secret, Date.now()),
    source: `made with ${source}`,
  };
}
