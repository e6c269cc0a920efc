/** How a push service knows whose pushes these are: RFC 8292, a JWT signed with the key that browsers subscribed under. */
import { SignJWT } from "jose";
import type { VapidConfig } from "./push-config.ts";
import { importVapidKey } from "./vapid-keys.ts";

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
