/** The object that a lane of a node's leads to. */
import type { Env } from "../env.ts";
import type { LaneTarget } from "./rpc.ts";

export function laneTarget(env: Env, to: "node" | "client" | "session", id: string): LaneTarget {
  if (to === "session") return env.SESSION.getByName(id);
  return to === "node" ? env.NODE.getByName(id) : env.CLIENT.getByName(id);
}
