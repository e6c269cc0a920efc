/**
 * The issuer's public keys, fetched from the JWKS URL and kept per isolate. jose's own remote set is not used: on
 * Workers it does not share a fetch between requests, and it tries again at once after every failure.
 */
import { importJWK } from "jose";
import { type PublicJwk, readKeySet, selectKeys } from "../../domain/auth/jwk.ts";
import type { JwksAlg } from "../../domain/auth/jwt.ts";

export interface JwksTimes {
  /** A fetch that takes longer has failed. */
  timeoutMs: number;
  /** Keys older than this are fetched again before they are used. */
  maxAgeMs: number;
  /** A set that is known, and not too old, is fetched again for an unknown key no sooner than this after the last try. */
  cooldownMs: number;
  /** The same while no set is known at all: soon, since until then every such key is refused. */
  firstRetryMs: number;
}

export const JWKS_TIMES: JwksTimes = {
  timeoutMs: 5_000,
  maxAgeMs: 10 * 60_000,
  cooldownMs: 30_000,
  firstRetryMs: 1_000,
};

/** Largest answer read, in characters. */
const MAX_JWKS_CHARS = 256 * 1024;

/** A set as fetched, with the keys imported so far. */
interface KeySet {
  keys: unknown[];
  imported: Map<string, CryptoKey | null>;
}

export class JwksCache {
  readonly url: string;
  readonly #times: JwksTimes;
  #set: KeySet | undefined;
  #fetchedAt = 0;
  #triedAt = Number.NEGATIVE_INFINITY;
  #lastFailed = false;
  #pending: Promise<void> | undefined;

  constructor(url: string, times: JwksTimes = JWKS_TIMES) {
    this.url = url;
    this.#times = times;
  }

  /**
   * Tries `verify` with each key that fits until one answers true. Fetches first if the known set is missing or too
   * old, and once more (within the cooldown) if nothing in it fits; a fetch that fails leaves the old set in use.
   * "unknown": no key verifies. "unavailable": the same, but the issuer could not be asked, so it may yet.
   */
  async verify(
    alg: JwksAlg,
    kid: string | undefined,
    now: number,
    verify: (key: CryptoKey) => Promise<boolean>,
  ): Promise<"verified" | "unknown" | "unavailable"> {
    if (this.#set === undefined || now - this.#fetchedAt >= this.#times.maxAgeMs) await this.#refresh(now);
    let tried: KeySet | undefined;
    for (let round = 0; round < 2 && this.#set !== undefined && this.#set !== tried; round++) {
      tried = this.#set;
      const fitting = selectKeys(tried.keys, alg, kid);
      for (const jwk of fitting) {
        const key = await importKey(tried, jwk, alg);
        if (key !== null && (await verify(key))) return "verified";
      }
      // A key of that very name is known, and it did not sign this.
      if (kid !== undefined && fitting.length > 0) return "unknown";
      if (round === 0) await this.#refresh(now);
    }
    return this.#lastFailed || this.#set === undefined ? "unavailable" : "unknown";
  }

  /** Joins the fetch under way or starts one, unless the last try is too recent. Never rejects. */
  async #refresh(now: number): Promise<void> {
    const pending = this.#pending;
    if (pending !== undefined) {
      // On Workers a fetch dies, without settling, with the request that began it.
      if (!(await settlesWithin(pending, this.#times.timeoutMs)) && this.#pending === pending)
        this.#pending = undefined;
      return;
    }
    const wait = this.#set === undefined ? this.#times.firstRetryMs : this.#times.cooldownMs;
    if (now - this.#triedAt < wait) return;
    this.#triedAt = now;
    const load = this.#load(now);
    this.#pending = load;
    await load;
    if (this.#pending === load) this.#pending = undefined;
  }

  async #load(now: number): Promise<void> {
    // Until it has succeeded it counts as failed, in case it never settles.
    this.#lastFailed = true;
    const keys = await fetchKeys(this.url, this.#times.timeoutMs);
    if (keys === null) return;
    this.#set = { keys, imported: new Map() };
    this.#fetchedAt = now;
    this.#lastFailed = false;
  }
}

/** Null where the key does not import: one bad member must not spoil a set. */
async function importKey(set: KeySet, jwk: PublicJwk, alg: JwksAlg): Promise<CryptoKey | null> {
  const name = JSON.stringify([alg, jwk]);
  const known = set.imported.get(name);
  if (known !== undefined) return known;
  const key = await importJWK({ ...jwk }, alg).then(
    (imported) => (imported instanceof Uint8Array ? null : imported),
    () => null,
  );
  set.imported.set(name, key);
  return key;
}

/** Null on any failure: timeout, status, redirect, size or shape. */
async function fetchKeys(url: string, timeoutMs: number): Promise<unknown[] | null> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const headers = { accept: "application/jwk-set+json, application/json" };
    // A redirect could lead to keys of somebody else's.
    const response = await fetch(url, { headers, redirect: "manual", signal: abort.signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      return null;
    }
    const text = await readText(response, MAX_JWKS_CHARS);
    return text === null ? null : readKeySet(JSON.parse(text));
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** The body as text, null once it is longer than `maxChars`. */
async function readText(response: Response, maxChars: number): Promise<string | null> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value as Uint8Array<ArrayBuffer>, { stream: true });
    if (text.length > maxChars) {
      await reader.cancel();
      return null;
    }
  }
}

function settlesWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
