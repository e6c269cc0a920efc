/** Webhooks: pushes to a server of the app's, signed as Standard Webhooks (standardwebhooks.com) has it. */
import { encodeBase64 } from "../domain/auth/base64.ts";
import type { Push } from "../domain/push/push.ts";
import type { WebhookTarget } from "../domain/push/target.ts";
import { secretBytes } from "../domain/push/webhook-secret.ts";
import { callService, type Fetch } from "./call.ts";
import type { CallOptions } from "./call-options.ts";
import { CALL_LIMIT_MS, type PushOutcome, type PushProvider } from "./provider.ts";
import { pushFields } from "./push-fields.ts";
import { retryAfterMs } from "./retry-after.ts";

/** What ids have none of: a dot would make `id.timestamp.body`, which is signed, ambiguous. */
const NOT_IN_IDS = /[^\w-]/g;

export class WebhookProvider implements PushProvider<WebhookTarget> {
  readonly #fetch: Fetch | undefined;
  readonly #limitMs: number;
  readonly #now: () => number;

  /** `fetcher`: the way out to the deployment's own webhook is another than that to nodes'. */
  constructor(fetcher?: Fetch, { limitMs = CALL_LIMIT_MS, now = Date.now }: CallOptions = {}) {
    this.#fetch = fetcher;
    this.#limitMs = limitMs;
    this.#now = now;
  }

  /** `callId`, with `_` for all but letters, digits and dashes, is the webhook-id, by which the receiver knows a repetition. */
  async send({ url, secret }: WebhookTarget, push: Push, callId: string): Promise<PushOutcome> {
    const key = secretBytes(secret);
    if (key === null) return failed("the secret is of another form");
    const id = callId.replace(NOT_IN_IDS, "_");
    const body = JSON.stringify({
      type: "push",
      timestamp: new Date(push.at).toISOString(),
      data: pushFields(push),
    });
    const timestamp = String(Math.floor(this.#now() / 1_000));
    const headers = {
      "content-type": "application/json",
      "user-agent": "Allspark",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${await sign(key, `${id}.${timestamp}.${body}`)}`,
    };
    const result = await callService(url, { headers, body }, this.#limitMs, this.#fetch);
    if ("failure" in result) return { result: "later", why: `webhook: ${result.failure}` };
    return outcomeOf(result.status, retryAfterMs(result.headers, this.#now()));
  }
}

function failed(why: string): PushOutcome {
  return { result: "failed", why: `webhook: ${why}` };
}

async function sign(key: Uint8Array<ArrayBuffer>, text: string): Promise<string> {
  const hmac = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", hmac, new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>);
  return encodeBase64(new Uint8Array(mac), "base64");
}

/**
 * What a status means (Standard Webhooks, "Delivery success and failure"). A hook that is being deployed answers 404 or
 * 500 for a while, so all but 410 may go better later; a redirect does not: the target's URL has to be mended.
 */
function outcomeOf(status: number, retryAfter: number | undefined): PushOutcome {
  const why = `webhook: status ${status}`;
  if (status >= 200 && status < 300) return { result: "sent" };
  if (status >= 300 && status < 400) return { result: "failed", why };
  if (status === 410) return { result: "dead", why };
  return { result: "later", why, ...(retryAfter !== undefined && { retryAfterMs: retryAfter }) };
}
