/**
 * OAuth 2.0 access tokens for a Google service account: a JWT signed with its key is exchanged at its token URI
 * (developers.google.com/identity/protocols/oauth2/service-account, RFC 7523).
 */
import { importPKCS8, SignJWT } from "jose";
import { callService, type Fetch } from "./call.ts";
import type { FcmConfig } from "./push-config.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { TokenMint } from "./token-keeper.ts";
import type { AccessToken, TokenFailure } from "./token-source.ts";

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** The most that Google takes. */
const ASSERTION_TTL_S = 3_600;
/** A token is replaced so long before its end, so that none ends on its way. */
const MARGIN_MS = 5 * 60_000;
/** Below CALL_LIMIT_MS, to leave time for the call that wants the token. */
const LIMIT_MS = 6_000;

export function googleMint(config: FcmConfig, fetcher?: Fetch): TokenMint {
  return { mint: (now) => mintGoogleToken(config, now, fetcher), minAgeMs: 0 };
}

async function mintGoogleToken(config: FcmConfig, now: number, fetcher?: Fetch): Promise<AccessToken | TokenFailure> {
  const assertion = await signAssertion(config, now).catch(() => null);
  if (assertion === null) return { failure: "the service account's private_key cannot sign", temporary: false };
  const body = new URLSearchParams({ grant_type: GRANT_TYPE, assertion }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const answer = await callService(config.tokenUri, { headers, body }, LIMIT_MS, fetcher);
  if ("failure" in answer) return { failure: `the token URI: ${answer.failure}`, temporary: true };

  const { status } = answer;
  const fields = readFields(answer.text);
  if (status === 200) {
    const { access_token: token, expires_in: seconds } = fields;
    if (typeof token !== "string" || token === "" || typeof seconds !== "number" || !(seconds > 0)) {
      return { failure: "the token URI answered without a token", temporary: true };
    }
    const lifeMs = seconds * 1_000;
    return { token, mintedAt: now, reuseUntil: now + Math.max(lifeMs - MARGIN_MS, lifeMs / 2) };
  }
  // RFC 6749 §5.2: a code such as invalid_grant; its description may hold more than a log should.
  const code = typeof fields["error"] === "string" && /^[a-z_]{1,40}$/.test(fields["error"]) ? fields["error"] : "";
  const failure = `the token URI answered ${status}${code && ` ${code}`}`;
  if (status !== 429 && status < 500) return { failure, temporary: false };
  const wait = retryAfterMs(answer.headers, now);
  return { failure, temporary: true, ...(wait !== undefined && { retryAfterMs: wait }) };
}

async function signAssertion({ clientEmail, privateKey, tokenUri }: FcmConfig, now: number): Promise<string> {
  const key = await importPKCS8(privateKey, "RS256");
  const iat = Math.floor(now / 1_000);
  return new SignJWT({ scope: SCOPE })
    .setProtectedHeader({ alg: "RS256", typ: "JWT" })
    .setIssuer(clientEmail)
    .setAudience(tokenUri)
    .setIssuedAt(iat)
    .setExpirationTime(iat + ASSERTION_TTL_S)
    .sign(key);
}

function readFields(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
