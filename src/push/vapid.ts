/** How a push service knows whose pushes these are: RFC 8292, a JWT signed with the key that browsers subscribed under. */
import { SignJWT } from "jose";
import { decodeBase64, encodeBase64 } from "../domain/auth/base64.ts";
import type { VapidConfig } from "./push-config.ts";

const HOUR_MS = 3_600_000;
/** The RFC's bound is 24 hours from the time of the request, by the service's clock. */
const LIFE_MS = 12 * HOUR_MS;
/** A token older than this is made anew, well before it expires: services remember a token rather than verify again. */
const REUSE_MS = 6 * HOUR_MS;
/** Nodes name the services, so their number has no bound of its own; the oldest token gives way. */
const MAX_TOKENS = 100;

interface Token {
  header: string;
  madeAt: number;
}

/** Signs for one pair of keys. */
export class Vapid {
  readonly #config: VapidConfig;
  #key: CryptoKey | undefined;
  readonly #tokens = new Map<string, Token>();

  constructor(config: VapidConfig) {
    this.#config = config;
  }

  /**
   * The value of `Authorization` for a push to `endpoint`: `vapid t=…, k=…`. `now` in ms. Rejects where the keys of the
   * configuration are not a pair.
   */
  async authorization(endpoint: string, now: number): Promise<string> {
    const audience = new URL(endpoint).origin;
    const known = this.#tokens.get(audience);
    if (known !== undefined && Math.abs(now - known.madeAt) < REUSE_MS) return known.header;
    this.#key ??= await importVapidKey(this.#config);
    const jwt = await new SignJWT()
      .setProtectedHeader({ typ: "JWT", alg: "ES256" })
      .setAudience(audience)
      .setExpirationTime(Math.floor((now + LIFE_MS) / 1000))
      .setSubject(this.#config.subject)
      .sign(this.#key);
    const header = `vapid t=${jwt}, k=${this.#config.publicKey}`;
    this.#tokens.delete(audience);
    this.#tokens.set(audience, { header, madeAt: now });
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= MAX_TOKENS) break;
      this.#tokens.delete(oldest);
    }
    return header;
  }
}

const ES256 = { name: "ECDSA", namedCurve: "P-256" };

/** Rejects where these are not the two keys of one pair. */
export async function importVapidKey({ publicKey, privateKey }: VapidConfig): Promise<CryptoKey> {
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

/** A new pair. */
export async function makeVapidKeys(): Promise<Pick<VapidConfig, "publicKey" | "privateKey">> {
  const pair = (await crypto.subtle.generateKey(ES256, true, ["sign", "verify"])) as CryptoKeyPair;
  const point = (await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer;
  const { d } = (await crypto.subtle.exportKey("jwk", pair.privateKey)) as JsonWebKey;
  if (d === undefined) throw new Error("a private key without its scalar");
  return { publicKey: encodeBase64(new Uint8Array(point), "base64url"), privateKey: d };
}
