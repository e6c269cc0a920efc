/** Verifies auth_keys: who makes this request (PROTOCOL §1). Revocation is the node's own knowledge, not this file's. */
import { compactVerify } from "jose";
import { decodeBase64 } from "../../domain/auth/base64.ts";
import { type KeyIdentity, parseSignedText } from "../../domain/auth/identity.ts";
import { readJwtClaims, readJwtHeader, splitJwt } from "../../domain/auth/jwt.ts";
import { recognizeAuthKey } from "../../domain/auth/key-form.ts";
import { parseV1, parseV2, signedValueWindow } from "../../domain/auth/signed-value.ts";
import type { Caller } from "../../durable/rpc.ts";
import { decodeHex } from "./hex.ts";
import { hmacMatches } from "./hmac.ts";
import { JwksCache } from "./jwks.ts";
import { decodeJson, decodeUtf8 } from "./utf8.ts";
import { VerifiedCache } from "./verified-cache.ts";

export interface AuthConfig {
  /** The first signs, all verify. */
  secrets: string[];
  /** Takes the original Allspark's keys, which never expire. */
  acceptV1Keys: boolean;
  /** Where the issuer of RS256, ES256 and EdDSA tokens publishes its keys; without it there are none. */
  jwksUrl?: string;
  /** Required `iss` of every JWT, also of those signed with a secret. */
  issuer?: string;
  /** Required among the `aud` of every JWT. */
  audience?: string;
}

export type AuthFailure = "AUTH_INVALID" | "AUTH_EXPIRED" | "UNAVAILABLE";

/** A key whose signature verified; good from notBefore to notAfter, in ms and inclusive. */
interface Proven {
  identity: KeyIdentity;
  issuedAt: number;
  notBefore: number;
  notAfter: number;
}

const verified = new VerifiedCache();
let jwks: JwksCache | undefined;

/**
 * Says whose key this is. `now` is in ms. AUTH_EXPIRED also stands for "not valid yet"; UNAVAILABLE means that the
 * JWKS URL could not be read, and is the only temporary failure. Never throws for what the key contains.
 * A verified key is trusted for up to a minute without another look, within its own expiry.
 */
export async function verifyAuthKey(
  key: string,
  config: AuthConfig,
  now: number,
): Promise<{ ok: true; caller: Caller } | { ok: false; code: AuthFailure }> {
  const { secrets, acceptV1Keys, jwksUrl, issuer, audience } = config;
  const configName = JSON.stringify([secrets, acceptV1Keys, jwksUrl, issuer, audience]);
  const known = verified.get(key, configName, now);
  if (known !== undefined) return { ok: true, caller: known };

  const recognized = recognizeAuthKey(key);
  if (recognized === null) return { ok: false, code: "AUTH_INVALID" };
  const proven =
    recognized.form === "jwt"
      ? await proveJwt(recognized.key, config, now)
      : await proveSignedValue(recognized.form, recognized.key, config);
  if (typeof proven === "string") return { ok: false, code: proven };
  if (now < proven.notBefore || now > proven.notAfter) return { ok: false, code: "AUTH_EXPIRED" };

  const caller: Caller = { ...proven.identity, issuedAt: proven.issuedAt };
  verified.set(key, configName, caller, now, proven.notAfter);
  return { ok: true, caller };
}

async function proveSignedValue(form: "v1" | "v2", key: string, config: AuthConfig): Promise<Proven | AuthFailure> {
  if (form === "v1" && !config.acceptV1Keys) return "AUTH_INVALID";
  const parts = form === "v1" ? parseV1(key) : parseV2(key);
  if (parts === null) return "AUTH_INVALID";
  const hash = form === "v1" ? "SHA-1" : "SHA-256";
  if (!(await hmacMatches(hash, config.secrets, parts.signed, decodeHex(parts.signature)))) return "AUTH_INVALID";
  const value = decodeBase64(parts.value, "base64");
  const text = value && decodeUtf8(value);
  const identity = text === null ? null : parseSignedText(text);
  if (identity === null) return "AUTH_INVALID";
  return { identity, issuedAt: parts.issuedAt, ...signedValueWindow(form, parts.issuedAt) };
}

async function proveJwt(token: string, config: AuthConfig, now: number): Promise<Proven | AuthFailure> {
  const parts = splitJwt(token);
  const header = parts && readJwtHeader(decodeJson(parts.header));
  if (!parts || !header) return "AUTH_INVALID";
  // The algorithm decides which keys are tried: a public key is never taken for a secret, nor the other way round.
  if (header.alg === "HS256") {
    if (!(await hmacMatches("SHA-256", config.secrets, parts.signed, parts.signature))) return "AUTH_INVALID";
  } else {
    if (config.jwksUrl === undefined) return "AUTH_INVALID";
    if (jwks?.url !== config.jwksUrl) jwks = new JwksCache(config.jwksUrl);
    const { alg, kid } = header;
    const outcome = await jwks.verify(alg, kid, now, (key) =>
      compactVerify(token, key, { algorithms: [alg] }).then(
        () => true,
        () => false,
      ),
    );
    if (outcome !== "verified") return outcome === "unavailable" ? "UNAVAILABLE" : "AUTH_INVALID";
  }
  return readJwtClaims(decodeJson(parts.payload), config) ?? "AUTH_INVALID";
}
