/** Access tokens of push services: what providers ask for them, and what whoever makes them answers. */
import type { ApnsConfig, FcmConfig } from "./push-config.ts";

/** A token as it was made; times in ms. */
export interface AccessToken {
  token: string;
  mintedAt: number;
  /** From then on another one is made, while this one is good for a little longer. */
  reuseUntil: number;
}

/** Why there is none. `temporary`: it may go better later, `retryAfterMs` where the service said when. Holds no secret. */
export interface TokenFailure {
  failure: string;
  temporary: boolean;
  retryAfterMs?: number;
}

export interface TokenSource {
  /**
   * A token that is good now; another than `refused` where one may be made already (Apple wants 20 minutes between
   * two). Never rejects.
   */
  token(refused?: string): Promise<AccessToken | TokenFailure>;
}

/** What a service's tokens are made with. It crosses between objects of this Worker; nothing logs it. */
export type TokenCredential = { provider: "fcm"; config: FcmConfig } | { provider: "apns"; config: ApnsConfig };
