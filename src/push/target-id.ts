/** The short name of a target, for lists and for taking one away. */
import { type PushTarget, targetName } from "../domain/push/target.ts";

/** 12 hex digits of the SHA-256 of what tells the target from others: the same whenever it is registered again. */
export async function targetId(target: PushTarget): Promise<string> {
  const name = new TextEncoder().encode(`${target.kind}\n${targetName(target)}`);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", name));
  return [...hash.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
