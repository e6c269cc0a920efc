/** The states of a connection. */
import type { AllsparkError } from "./errors.ts";

/**
 * `idle` → `connecting` → `connected` → `waiting` → `connecting` …, and the two ends: `closed` by the app, `failed` where coming
 * back by itself would be wrong (a bad key, a revoked node, a newer connection in its place). `connect()` starts again from both.
 *
 * @example
 * ```ts
 * import { Allspark, type Status } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * allspark.on("status", (status: Status) => {
 *   if (status.state === "waiting") console.log(`again at ${new Date(status.retryAt).toISOString()}`);
 * });
 * ```
 */
export type Status =
  | { readonly state: "idle" }
  | {
      readonly state: "connecting";
      /** How many attempts failed before this one. */
      readonly attempt: number;
    }
  | {
      readonly state: "connected";
      readonly nodeId: string;
      readonly connectionId: string;
      /** The edge's clock minus this one's, ms, as far as one answer can tell. */
      readonly clockOffsetMs: number;
    }
  | {
      readonly state: "waiting";
      readonly attempt: number;
      /** When it tries again, ms since 1970; sooner where the network returns or the page becomes visible. */
      readonly retryAt: number;
      readonly cause: AllsparkError;
    }
  | { readonly state: "closed" }
  | { readonly state: "failed"; readonly error: AllsparkError };
