/**
 * Mints auth_keys from the written formats alone (RFC 7519 HS256, the original's signed value v1), sharing no code with
 * the edge, so that a mistake there cannot hide behind the same mistake here.
 */
import { createHmac } from "node:crypto";

export interface KeyOptions {
  clientId?: string;
  /** A privileged app node. */
  app?: boolean;
  /** Life in seconds from now; negative makes an expired key. */
  ttlS?: number;
  /** Issue time, seconds since 1970; now by default. */
  iat?: number;
}

const base64url = (value: string): string => Buffer.from(value).toString("base64url");

/** A JWT for `nodeId`, signed with HS256 (RFC 7519, RFC 7515). */
export function mintJwt(nodeId: string, secret: string, options: KeyOptions = {}): string {
  const now = options.iat ?? Math.floor(Date.now() / 1000);
  const claims = {
    sub: nodeId,
    iat: now,
    exp: now + (options.ttlS ?? 3600),
    ...(options.clientId === undefined ? {} : { client_id: options.clientId }),
    ...(options.app ? { app: true } : {}),
  };
  const signed = `${base64url(JSON.stringify({ alg: "HS256", typ: "JWT" }))}.${base64url(JSON.stringify(claims))}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** The original Allspark key: base64(value) | seconds | hex HMAC-SHA1(secret, "user_key" + base64(value) + seconds). */
export function mintV1Key(nodeId: string, secret: string, seconds = Math.floor(Date.now() / 1000)): string {
  const value = Buffer.from(nodeId).toString("base64");
  const signature = createHmac("sha1", secret).update(`user_key${value}${seconds}`).digest("hex");
  return `${value}|${seconds}|${signature}`;
}

/** The key with one bit of one character flipped, position counted from the start (negative: from the end). */
export function flipBit(key: string, position: number, bit = 1): string {
  const at = position < 0 ? key.length + position : position;
  return key.slice(0, at) + String.fromCharCode(key.charCodeAt(at) ^ bit) + key.slice(at + 1);
}
