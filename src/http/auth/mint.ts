/** Makes auth_keys: for the command line, for tests, and as the reference for an app's own backend. */
import { encodeBase64 } from "../../domain/auth/base64.ts";
import { formatSignedText, type KeyIdentity } from "../../domain/auth/identity.ts";
import { isId } from "../../protocol/ids.ts";
import type { AuthKeyForm } from "../../domain/auth/key-form.ts";
import { v1SignedText, v2SignedText } from "../../domain/auth/signed-value.ts";
import { encodeHex } from "./hex.ts";
import { hmac } from "./hmac.ts";
import { encodeUtf8 } from "./utf8.ts";

/** How long a minted JWT lives unless told otherwise. */
export const DEFAULT_TTL_SECONDS = 3_600;

export interface AuthKeyRequest {
  nodeId: string;
  clientId?: string;
  /** Makes the holder a privileged app node. */
  app?: boolean;
  /** JWT only, DEFAULT_TTL_SECONDS if absent: v2 keys live 31 days and v1 keys for ever. */
  ttlSeconds?: number;
  format: AuthKeyForm;
  /** JWT only: `iss` and `aud`, for deployments that check them. */
  issuer?: string;
  audience?: string;
}

/**
 * Mints a key that verifyAuthKey takes. `now` is in ms. A JWT keeps the milliseconds in `iat` (RFC 7519 allows
 * fractions), since a revocation is compared to the millisecond; signed values know whole seconds only, rounded down,
 * so one minted in the second of a revocation may count as older. Throws RangeError for an id that cannot be
 * one, and for a ttlSeconds that is not positive or that the format cannot hold.
 */
export async function mintAuthKey(request: AuthKeyRequest, secret: string, now: number): Promise<string> {
  const { nodeId, clientId, app = false, ttlSeconds, format } = request;
  if (!isId(nodeId)) throw new RangeError("a node id is 1 to 128 bytes without control characters");
  if (clientId !== undefined && !isId(clientId)) {
    throw new RangeError("a client id is 1 to 128 bytes without control characters");
  }
  if (ttlSeconds !== undefined && !(ttlSeconds > 0 && Number.isFinite(ttlSeconds))) {
    throw new RangeError("a ttl is a positive number of seconds");
  }
  if (format === "jwt") return mintJwt(request, secret, now);
  if (ttlSeconds !== undefined) throw new RangeError(`a ${format} key cannot hold a ttl`);
  const identity: KeyIdentity = clientId === undefined ? { nodeId, app } : { nodeId, clientId, app };
  const value = encodeBase64(encodeUtf8(formatSignedText(identity)), "base64");
  const seconds = String(Math.floor(now / 1000));
  if (format === "v1") {
    return `${value}|${seconds}|${encodeHex(await hmac("SHA-1", secret, v1SignedText(value, seconds)))}`;
  }
  const signed = v2SignedText(value, seconds);
  return signed + encodeHex(await hmac("SHA-256", secret, signed));
}

async function mintJwt(request: AuthKeyRequest, secret: string, now: number): Promise<string> {
  const { nodeId, clientId, app, ttlSeconds = DEFAULT_TTL_SECONDS, issuer, audience } = request;
  const nowMs = Math.floor(now);
  const claims = {
    sub: nodeId,
    client_id: clientId,
    app: app || undefined,
    iss: issuer,
    aud: audience,
    iat: nowMs / 1000,
    exp: (nowMs + Math.round(ttlSeconds * 1000)) / 1000,
  };
  const segment = (json: object): string => encodeBase64(encodeUtf8(JSON.stringify(json)), "base64url");
  const signed = `${segment({ alg: "HS256", typ: "JWT" })}.${segment(claims)}`;
  return `${signed}.${encodeBase64(await hmac("SHA-256", secret, signed), "base64url")}`;
}
