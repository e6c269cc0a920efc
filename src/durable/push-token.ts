/**
 * One object for each credential of a push service: it keeps the access token that all isolates use, so that evictions
 * and their number do not make new ones. A rotated key is another object; this one then forgets its token.
 */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { apnsMint } from "../push/apns-token.ts";
import { googleMint } from "../push/google-token.ts";
import { TokenKeeper } from "../push/token-keeper.ts";
import type { AccessToken, TokenCredential, TokenFailure } from "../push/token-source.ts";

/** The one key in its storage. */
const TOKEN = "token";
/** A token that nobody asked for again is forgotten so long after it would have been replaced, when it has ended for sure. */
const FORGET_AFTER_MS = 3_600_000;

export class PushTokenObject extends DurableObject<Env> {
  readonly #keeper = new TokenKeeper({
    load: () => this.ctx.storage.kv.get<AccessToken>(TOKEN),
    save: (token) => {
      this.ctx.storage.kv.put(TOKEN, token);
      void this.ctx.storage.setAlarm(token.reuseUntil + FORGET_AFTER_MS);
    },
  });

  /**
   * The credential comes with the question, as whoever asks knows it: this object's own settings may be those of
   * another version of the Worker. See TokenSource for `refused`.
   */
  token(credential: TokenCredential, refused?: string): Promise<AccessToken | TokenFailure> {
    const mint = credential.provider === "fcm" ? googleMint(credential.config) : apnsMint(credential.config);
    return this.#keeper.token(mint, refused, Date.now());
  }

  override async alarm(): Promise<void> {
    const kept = this.ctx.storage.kv.get<AccessToken>(TOKEN);
    if (kept !== undefined && Date.now() < kept.reuseUntil) return;
    await this.ctx.storage.deleteAll();
  }
}
