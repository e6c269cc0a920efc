/**
 * Anonymous names of somebody's choice must not be node_ids of real nodes: who bears one would speak under that node's
 * name, and keep it out of the session.
 */
import type { Env } from "../env.ts";
import { LIMITS } from "../protocol/limits.ts";
import { inParallel } from "../domain/in-parallel.ts";
import type { Refusal } from "./session-rpc.ts";

/** Why these names may not be borne: a node of that id was seen at some time. Registers none of them. */
export async function refusalOfNames(nodes: Env["NODE"], names: readonly string[]): Promise<Refusal | undefined> {
  let isSeen;
  try {
    isSeen = await inParallel(names, LIMITS.sessionJoinsInFlight, async (name) => {
      const { registered } = await nodes.getByName(name).describe();
      return registered;
    });
  } catch (error) {
    console.error("whether a name is that of a node could not be found out:", (error as Error).message);
    return { ok: false, code: "UNAVAILABLE" };
  }
  return isSeen.includes(true)
    ? { ok: false, code: "NAME_TAKEN", detail: "it is the id of a node that has been seen here" }
    : undefined;
}
