/** Keeps one credential's token and makes another when it must; however many ask, one is made at a time. */
import type { AccessToken, TokenFailure } from "./token-source.ts";

export interface TokenStore {
  load(): AccessToken | undefined;
  save(token: AccessToken): void;
}

export interface TokenMint {
  /** Makes one at `now` (ms). Never rejects. */
  mint: (now: number) => Promise<AccessToken | TokenFailure>;
  /** A token younger than this is given out again even after the service has refused it, ms. */
  minAgeMs: number;
}

export class TokenKeeper {
  readonly #store: TokenStore;
  #pending: Promise<AccessToken | TokenFailure> | undefined;

  constructor(store: TokenStore) {
    this.#store = store;
  }

  /** `refused` counts only while it is the token that is kept: whoever asks later about an older one gets its successor. */
  token({ mint, minAgeMs }: TokenMint, refused: string | undefined, now: number): Promise<AccessToken | TokenFailure> {
    const kept = this.#store.load();
    if (kept !== undefined && now < kept.reuseUntil) {
      if (kept.token !== refused || now - kept.mintedAt < minAgeMs) return Promise.resolve(kept);
    }
    this.#pending ??= mint(now)
      .then((minted) => {
        if ("token" in minted) this.#store.save(minted);
        return minted;
      })
      .finally(() => (this.#pending = undefined));
    return this.#pending;
  }
}
