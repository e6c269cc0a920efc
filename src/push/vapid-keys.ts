/** The pair of keys that Web Push knows a deployment by (RFC 8292 §3.2). No package: tools make keys before anything is installed. */
import { decodeBase64, encodeBase64 } from "../domain/auth/base64.ts";
import type { VapidConfig } from "./push-config.ts";

export type VapidKeys = Pick<VapidConfig, "publicKey" | "privateKey">;

const ES256 = { name: "ECDSA", namedCurve: "P-256" };

/** For signing. Rejects where these are not the two keys of one pair. */
export async function importVapidKey({ publicKey, privateKey }: VapidKeys): Promise<CryptoKey> {
  const point = decodeBase64(publicKey, "base64url");
  if (point?.length !== 65 || point[0] !== 4) throw new Error("the public VAPID key is no uncompressed point of P-256");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => encodeBase64(half, "base64url"));
  const jwk = { kty: "EC", crv: "P-256", x, y, d: privateKey };
  try {
    return await crypto.subtle.importKey("jwk", jwk, ES256, false, ["sign"]);
  } catch {
    // The platform's own words could hold a part of the key.
    throw new Error("the VAPID keys are not the two of one pair");
  }
}

/** A new pair, as settings have it. */
export async function makeVapidKeys(): Promise<VapidKeys> {
  const pair = (await crypto.subtle.generateKey(ES256, true, ["sign", "verify"])) as CryptoKeyPair;
  const point = (await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer;
  const { d } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as JsonWebKey;
  if (d === undefined) throw new Error("a private key without its scalar");
  return { publicKey: encodeBase64(new Uint8Array(point), "base64url"), privateKey: d };
}
