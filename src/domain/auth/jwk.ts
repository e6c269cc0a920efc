/** Which keys of a JSON Web Key Set (RFC 7517) may verify a token. */
import { isObject } from "../../protocol/json-object.ts";
import type { JwksAlg } from "./jwt.ts";

/** The public part of a key; symmetric and private members never get past selectKeys. */
export interface PublicJwk {
  kty: "RSA" | "EC" | "OKP";
  n?: string;
  e?: string;
  crv?: string;
  x?: string;
  y?: string;
}

/** Keys of a set that are looked at; a larger set is cut off, so that a token without kid costs a bounded time. */
export const MAX_JWKS_KEYS = 100;

const SHAPES: Record<JwksAlg, { kty: PublicJwk["kty"]; crv?: string; fields: ("n" | "e" | "x" | "y")[] }> = {
  RS256: { kty: "RSA", fields: ["n", "e"] },
  ES256: { kty: "EC", crv: "P-256", fields: ["x", "y"] },
  EdDSA: { kty: "OKP", crv: "Ed25519", fields: ["x"] },
};

/** The members of a fetched set as they stand, null where it is none. Members are judged when one is asked for. */
export function readKeySet(json: unknown): unknown[] | null {
  if (!isObject(json) || !Object.hasOwn(json, "keys") || !Array.isArray(json.keys)) return null;
  return json.keys.slice(0, MAX_JWKS_KEYS);
}

/**
 * The keys that fit: of the type and curve of `alg`, made for signatures (`use`, `key_ops`), not bound to another
 * algorithm, and named `kid` where the token names one. Members of other shapes are passed over, as
 * RFC 7517 §5 asks.
 */
export function selectKeys(keys: readonly unknown[], alg: JwksAlg, kid: string | undefined): PublicJwk[] {
  const shape = SHAPES[alg];
  const fitting: PublicJwk[] = [];
  for (const key of keys) {
    if (!isObject(key) || key.kty !== shape.kty || (shape.crv !== undefined && key.crv !== shape.crv)) continue;
    if (kid !== undefined && key.kid !== kid) continue;
    if (key.alg !== undefined && key.alg !== alg) continue;
    if (key.use !== undefined && key.use !== "sig") continue;
    if (key.key_ops !== undefined && !(Array.isArray(key.key_ops) && key.key_ops.includes("verify"))) continue;
    const chosen: PublicJwk = { kty: shape.kty };
    if (shape.crv !== undefined) chosen.crv = shape.crv;
    if (shape.fields.every((field) => copyField(key, chosen, field))) fitting.push(chosen);
  }
  return fitting;
}

function copyField(from: Record<string, unknown>, to: PublicJwk, field: "n" | "e" | "x" | "y"): boolean {
  const value = from[field];
  if (typeof value !== "string") return false;
  to[field] = value;
  return true;
}
