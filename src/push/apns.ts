/**
 * Apple Push Notification service (developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns).
 * Apple speaks HTTP/2 only: `fetch` of Cloudflare's network does so by itself, that of a local workerd does not.
 */
import type { Push } from "../domain/push/push.ts";
import type { ApnsTarget } from "../domain/push/target.ts";
import { LIMITS } from "../protocol/limits.ts";
import { apnsFailure, refusesToken } from "./apns-error.ts";
import { apnsPayload } from "./apns-payload.ts";
import { callAuthorized } from "./authorized-call.ts";
import { callService, type Fetch } from "./call.ts";
import { callUuid, collapseName } from "./derived-names.ts";
import type { PushOutcome, PushProvider } from "./provider.ts";
import type { ApnsConfig } from "./push-config.ts";
import { tokenOutcome } from "./token-outcome.ts";
import type { TokenSource } from "./token-source.ts";

const BASE_URLS: Record<ApnsTarget["environment"], string> = {
  production: "https://api.push.apple.com",
  sandbox: "https://api.sandbox.push.apple.com",
};

export class ApnsProvider implements PushProvider<ApnsTarget> {
  readonly #baseUrl: string | undefined;
  readonly #tokens: TokenSource;
  readonly #fetch: Fetch | undefined;

  constructor(config: Pick<ApnsConfig, "baseUrl">, tokens: TokenSource, fetcher?: Fetch) {
    this.#baseUrl = config.baseUrl;
    this.#tokens = tokens;
    this.#fetch = fetcher;
  }

  async send(target: ApnsTarget, push: Push, callId: string): Promise<PushOutcome> {
    const url = `${this.#baseUrl ?? BASE_URLS[target.environment]}/3/device/${encodeURIComponent(target.token)}`;
    const body = apnsPayload(push);
    const headers = {
      "content-type": "application/json",
      "apns-topic": target.topic,
      "apns-push-type": push.silent ? "background" : "alert",
      // Apple refuses 10 for a background push.
      "apns-priority": push.silent ? "5" : "10",
      // As long as the inbox keeps the message, which is as long as Apple keeps a push (30 days); then it tells of nothing.
      "apns-expiration": String(Math.floor((push.at + LIMITS.inboxTtlMs) / 1_000)),
      // A later push of the node says all that an earlier one did, and takes its place.
      "apns-collapse-id": await collapseName(push.nodeId),
      "apns-id": await callUuid(callId),
    };
    const result = await callAuthorized(
      this.#tokens,
      (token, limitMs) => {
        const authorized = { ...headers, authorization: `bearer ${token}` };
        return callService(url, { headers: authorized, body }, limitMs, this.#fetch);
      },
      refusesToken,
    );
    if ("failure" in result) return tokenOutcome("APNs", result);
    if (result.answer.status === 200) return { result: "sent" };
    return apnsFailure(result, Date.now());
  }
}
