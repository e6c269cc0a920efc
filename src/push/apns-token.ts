/**
 * Provider tokens for APNs: a JWT signed with the team's key. Apple wants a new one at least once an hour, and refuses
 * more than one in 20 minutes as TooManyProviderTokenUpdates
 * (developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns).
 */
import { importPKCS8, SignJWT } from "jose";
import type { ApnsConfig } from "./push-config.ts";
import type { TokenMint } from "./token-keeper.ts";
import type { AccessToken, TokenFailure } from "./token-source.ts";

/** Apple takes an hour; the rest is for clocks that differ, and for calls on their way. */
export const APNS_TOKEN_REUSE_MS = 50 * 60_000;
export const APNS_TOKEN_MIN_AGE_MS = 20 * 60_000;

export function apnsMint(config: ApnsConfig): TokenMint {
  return { mint: (now) => mintApnsToken(config, now), minAgeMs: APNS_TOKEN_MIN_AGE_MS };
}

async function mintApnsToken({ key, keyId, teamId }: ApnsConfig, now: number): Promise<AccessToken | TokenFailure> {
  try {
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: "ES256", kid: keyId })
      .setIssuer(teamId)
      .setIssuedAt(Math.floor(now / 1_000))
      .sign(await importPKCS8(key, "ES256"));
    return { token, mintedAt: now, reuseUntil: now + APNS_TOKEN_REUSE_MS };
  } catch {
    return { failure: "the APNs key cannot sign", temporary: false };
  }
}
