/** What a check is, and what it may find. */
import type { Speaker } from "../config/speaker.ts";
import type { Context } from "../context.ts";
import type { NodeClient } from "../node-client.ts";
import type { Frames } from "./frames.ts";

/** What earlier checks have found out, for later ones. */
export interface Facts {
  /** ms, the edge's clock minus this one's. */
  clockOffsetMs?: number;
  isLocal?: boolean;
  speaker?: Speaker;
  /** The answer of the pre-connection call. */
  preConnection?: Record<string, unknown>;
  connection?: NodeClient & { frames: Frames };
  welcome?: Record<string, unknown>;
  waiting?: number;
}

export type Verdict = { ok: true; detail: string } | { ok: false; detail: string; mend: string };

export interface Check {
  name: string;
  /** It can be made only where these are known. */
  needs: readonly (keyof Facts)[];
  /** What it throws counts as found wrong. */
  run(context: Context, facts: Facts): Promise<Verdict> | Verdict;
}

export interface Finding {
  name: string;
  /** null: could not be made, because of an earlier one. */
  ok: boolean | null;
  detail: string;
  mend?: string;
}

export function good(detail: string): Verdict {
  return { ok: true, detail };
}

export function wrong(detail: string, mend: string): Verdict {
  return { ok: false, detail, mend };
}
