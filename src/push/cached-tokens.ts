/** An isolate's memory of one credential's token, so that not every push asks the object that keeps it. */
import type { AccessToken, TokenFailure, TokenSource } from "./token-source.ts";

export class CachedTokens implements TokenSource {
  readonly #ask: (refused: string | undefined) => Promise<AccessToken | TokenFailure>;
  readonly #now: () => number;
  #token: AccessToken | undefined;

  /** `ask` may reject, which counts as a temporary failure. */
  constructor(ask: (refused: string | undefined) => Promise<AccessToken | TokenFailure>, now = () => Date.now()) {
    this.#ask = ask;
    this.#now = now;
  }

  // A question under way is not shared: on Workers it would die with the request that asked it. Its object shares it.
  async token(refused?: string): Promise<AccessToken | TokenFailure> {
    const known = this.#token;
    if (known !== undefined && known.token !== refused && this.#now() < known.reuseUntil) return known;
    try {
      const answer = await this.#ask(refused);
      if ("token" in answer) this.#token = answer;
      return answer;
    } catch {
      return { failure: "the object that keeps the token could not be reached", temporary: true };
    }
  }
}
