/** The RFCs' examples made again, from all that they give; in Node and in workerd. */
import { decodeBase64, encodeBase64 } from "../../../src/domain/auth/base64.ts";
import { encryptWebPush, sealRecord } from "../../../src/push/web-push-encryption.ts";
import { RFC_8188, RFC_8291 } from "./web-push-vectors.ts";

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const decoded = decodeBase64(text, "base64url");
  if (decoded === null) throw new Error(`not base64url: ${text}`);
  return decoded;
}

/** The body that RFC 8291 prints in §5, base64url. */
export async function encryptExample(): Promise<string> {
  const { plaintext, asPublic, asPrivate, uaPublic, auth, salt } = RFC_8291;
  const point = bytes(asPublic);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => encodeBase64(half, "base64url"));
  const jwk = { kty: "EC", crv: "P-256", x, y };
  const ecdh = { name: "ECDH", namedCurve: "P-256" };
  const keyPair = {
    privateKey: await crypto.subtle.importKey("jwk", { ...jwk, d: asPrivate }, ecdh, false, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("jwk", jwk, ecdh, true, []),
  };
  const recipient = { publicKey: bytes(uaPublic), authSecret: bytes(auth) };
  const body = await encryptWebPush(bytes(plaintext), recipient, undefined, { salt: bytes(salt), keyPair });
  return encodeBase64(body, "base64url");
}

/** The body that RFC 8188 prints in §3.1, base64url. */
export async function sealExample(): Promise<string> {
  const { plaintext, ikm, salt } = RFC_8188;
  return encodeBase64(await sealRecord(bytes(plaintext), bytes(ikm), bytes(salt), new Uint8Array(0)), "base64url");
}
