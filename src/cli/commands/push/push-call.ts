/** Calls about a node's push targets; a deployment without push is told from everything else that is not found. */
import { RefusedError } from "../../../client/index.ts";
import { speaker } from "../../config/speaker.ts";
import type { Context } from "../../context.ts";
import { type Call, edgeCall, path } from "../../edge-call.ts";
import { CliError, EXIT } from "../../failures.ts";
import { nodeIdOf } from "../../node-client.ts";

export const KINDS = ["fcm", "apns", "webpush", "webhook"] as const;

/** `rest` follows the path of the targets. */
export async function pushCall<T>(
  context: Context,
  { rest = "", ...call }: Omit<Call, "path"> & { rest?: string },
): Promise<T> {
  const who = speaker(context.config);
  const targets = path`/v1/nodes/${await nodeIdOf(context, who)}/push-targets`;
  try {
    return await edgeCall<T>(context, { ...call, path: targets + rest, speaker: who });
  } catch (error) {
    if (!(error instanceof RefusedError) || error.code !== "NOT_FOUND") throw error;
    throw new CliError("NO_PUSH", `this deployment offers no push (${context.config.url})`, EXIT.refused);
  }
}
