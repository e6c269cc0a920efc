/** Firebase Cloud Messaging, HTTP v1 (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send). */
import type { Push } from "../domain/push/push.ts";
import type { FcmTarget } from "../domain/push/target.ts";
import { callAuthorized } from "./authorized-call.ts";
import { callService, type Fetch } from "./call.ts";
import { collapseName } from "./derived-names.ts";
import { fcmFailure, refusesToken } from "./fcm-error.ts";
import { fcmMessage } from "./fcm-message.ts";
import type { PushOutcome, PushProvider } from "./provider.ts";
import type { FcmConfig } from "./push-config.ts";
import { tokenOutcome } from "./token-outcome.ts";
import type { TokenSource } from "./token-source.ts";

export class FcmProvider implements PushProvider<FcmTarget> {
  readonly #url: string;
  readonly #tokens: TokenSource;
  readonly #fetch: Fetch | undefined;

  constructor(config: Pick<FcmConfig, "baseUrl" | "projectId">, tokens: TokenSource, fetcher?: Fetch) {
    this.#url = `${config.baseUrl}/v1/projects/${config.projectId}/messages:send`;
    this.#tokens = tokens;
    this.#fetch = fetcher;
  }

  /** FCM has no field by which it would know a repetition; that a node's pushes collapse is what makes up for it. */
  async send(target: FcmTarget, push: Push): Promise<PushOutcome> {
    const body = fcmMessage(target, push, await collapseName(push.nodeId), Date.now());
    const result = await callAuthorized(
      this.#tokens,
      (token, limitMs) => {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
        return callService(this.#url, { headers, body }, limitMs, this.#fetch);
      },
      refusesToken,
    );
    if ("failure" in result) return tokenOutcome("FCM", result);
    if (result.answer.status === 200) return { result: "sent" };
    return fcmFailure(result.answer, Date.now());
  }
}
