/** What a push service makes of `Authorization: vapid …` (RFC 8292 §3), with Node's crypto. */
import { createPublicKey, verify } from "node:crypto";

export interface VapidClaims {
  aud: string;
  exp: number;
  sub?: string;
}

/** The claims of a header whose JWT its own key signed, and that key. Throws with what is wrong. Looks at no time. */
export function verifyVapid(authorization: string): { claims: VapidClaims; key: string } {
  const match = /^vapid t=([\w-]+\.[\w-]+\.[\w-]+), ?k=([\w-]+)$/.exec(authorization);
  if (match === null) throw new Error("Authorization is not of the form vapid t=…, k=…");
  const [, jwt = "", key = ""] = match;
  const [header = "", payload = "", signature = ""] = jwt.split(".");
  const json = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
  const { alg, typ } = json(header);
  if (alg !== "ES256" || typ !== "JWT") throw new Error(`the JWT's alg is ${alg}, its typ ${typ}`);
  const point = Buffer.from(key, "base64url");
  if (point.length !== 65 || point[0] !== 4) throw new Error("k is no uncompressed point");
  const publicKey = createPublicKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
    },
  });
  const isSigned = verify(
    "sha256",
    Buffer.from(`${header}.${payload}`),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  if (!isSigned) throw new Error("the JWT is not signed by k");
  return { claims: json(payload) as unknown as VapidClaims, key };
}
