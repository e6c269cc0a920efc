import type { AuthConfig } from "../../../src/http/auth/auth-key.ts";
import { FIRST, SECOND } from "./vectors.ts";

/** What the vectors were made for: both secrets, and v1 keys on. */
export function authConfig(change: Partial<AuthConfig> = {}): AuthConfig {
  return { secrets: [FIRST, SECOND], acceptV1Keys: true, ...change };
}
