/** Calls about the speaker's push targets. */
import { speaker } from "../../config/speaker.ts";
import type { Context } from "../../context.ts";
import { type Call, edgeCall, path } from "../../edge-call.ts";
import { nodeIdOf } from "../../node-client.ts";

export const KINDS = ["fcm", "apns", "webpush", "webhook"] as const;

/** `rest` follows the path of the targets. */
export async function pushCall<T>(
  context: Context,
  { rest = "", ...call }: Omit<Call, "path"> & { rest?: string },
): Promise<T> {
  const who = speaker(context.config);
  const targets = path`/v1/nodes/${await nodeIdOf(context, who)}/push-targets`;
  return edgeCall<T>(context, { ...call, path: targets + rest, speaker: who });
}
