/** What it means for a push that its service could not be called. */
import type { PushOutcome } from "./provider.ts";
import type { TokenFailure } from "./token-source.ts";

export function tokenOutcome(service: string, { failure, temporary, retryAfterMs }: TokenFailure): PushOutcome {
  const why = `${service}: ${failure}`;
  if (!temporary) return { result: "failed", why };
  return { result: "later", why, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
