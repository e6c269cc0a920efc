/** JSON Web Tokens (RFC 7519): their layout, the algorithms taken and the rules for claims. No signatures here. */
import { LIMITS } from "../../protocol/limits.ts";
import { decodeBase64 } from "./base64.ts";
import { isObject } from "../../protocol/json-object.ts";
import { type KeyIdentity, readIdentity } from "./identity.ts";

/** Signed by the issuer's private key, verified through the JWKS URL. */
export type JwksAlg = "RS256" | "ES256" | "EdDSA";

export interface JwtHeader {
  alg: "HS256" | JwksAlg;
  kid?: string;
}

export interface JwtParts {
  /** `header.payload`, what the signature is over. */
  signed: string;
  header: Uint8Array<ArrayBuffer>;
  payload: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}

/** Who the claims name, and when (ms, both inclusive) they are good. */
export interface JwtFacts {
  identity: KeyIdentity;
  /** 0 where the token does not say. */
  issuedAt: number;
  notBefore: number;
  notAfter: number;
}

/** The three segments of a compact JWS; null unless each is canonical base64url. */
export function splitJwt(token: string): JwtParts | null {
  const segments = token.split(".");
  if (segments.length !== 3) return null;
  const [header, payload, signature] = segments.map((segment) => decodeBase64(segment, "base64url"));
  if (!header || !payload || !signature) return null;
  return { signed: token.slice(0, token.lastIndexOf(".")), header, payload, signature };
}

/**
 * Reads a header. The algorithms are a closed list, so `none` and anything unknown is null; so is a header with `crit`
 * (RFC 7515 §4.1.11): no extension is understood here.
 */
export function readJwtHeader(header: unknown): JwtHeader | null {
  if (!isObject(header) || Object.hasOwn(header, "crit") || !Object.hasOwn(header, "alg")) return null;
  const { alg } = header;
  if (alg !== "HS256" && alg !== "RS256" && alg !== "ES256" && alg !== "EdDSA") return null;
  const kid = Object.hasOwn(header, "kid") ? header.kid : undefined;
  if (kid === undefined) return { alg };
  return typeof kid === "string" ? { alg, kid } : null;
}

/**
 * Reads the claims of a token whose signature has been verified. Issuer and audience are checked where
 * they are configured, and a token that does not name them is then refused. Times may have fractions and are kept to
 * the millisecond; LIMITS.clockSkewMs is already in the bounds that come back. Null where a claim is missing,
 * of the wrong type or not ours.
 */
export function readJwtClaims(claims: unknown, expected: { issuer?: string; audience?: string }): JwtFacts | null {
  if (!isObject(claims)) return null;
  const own = (name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined);
  if (expected.issuer !== undefined && own("iss") !== expected.issuer) return null;
  if (expected.audience !== undefined) {
    const aud = own("aud");
    if (Array.isArray(aud) ? !aud.includes(expected.audience) : aud !== expected.audience) return null;
  }
  const identity = readIdentity(claims, "sub");
  const iat = readTime(own("iat"));
  const nbf = readTime(own("nbf"));
  const exp = readTime(own("exp"));
  if (identity === null || iat === null || nbf === null || exp === null) return null;
  return {
    identity,
    issuedAt: iat ?? 0,
    // A token from the future is as unready as one with an nbf.
    notBefore: Math.max(iat ?? 0, nbf ?? 0) - LIMITS.clockSkewMs,
    // RFC 7519 §4.1.4: refused on or after exp.
    notAfter: exp === undefined ? Number.POSITIVE_INFINITY : exp + LIMITS.clockSkewMs - 1,
  };
}

/** A NumericDate (RFC 7519 §2) in ms; undefined stays undefined, null is none. */
function readTime(seconds: unknown): number | null | undefined {
  if (seconds === undefined) return undefined;
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0 ? Math.round(seconds * 1000) : null;
}
