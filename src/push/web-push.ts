/** Web Push: the browsers' push services (RFC 8030), encrypted for the browser alone and signed by this deployment. */
import { decodeBase64 } from "../domain/auth/base64.ts";
import type { Push } from "../domain/push/push.ts";
import type { WebPushTarget } from "../domain/push/target.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { CallOptions } from "./call-options.ts";
import { callService, type Fetch } from "./call.ts";
import { collapseName } from "./derived-names.ts";
import { CALL_LIMIT_MS, type PushOutcome, type PushProvider } from "./provider.ts";
import type { VapidConfig } from "./push-config.ts";
import { retryAfterMs } from "./retry-after.ts";
import { Vapid } from "./vapid.ts";
import { encryptWebPush, MAX_PLAINTEXT_BYTES } from "./web-push-encryption.ts";
import { paddedLength, webPushPayload } from "./web-push-payload.ts";

/** Services keep a push for four weeks at most, or less. */
const MAX_TTL_MS = 28 * 24 * 3_600_000;
/** The longest topic (RFC 8030 §5.4). */
const TOPIC_CHARS = 32;

export class WebPushProvider implements PushProvider<WebPushTarget> {
  readonly #vapid: Vapid | undefined;
  readonly #fetch: Fetch | undefined;
  readonly #limitMs: number;
  readonly #now: () => number;

  /** Without `vapid` every push fails: services take none that is not signed. */
  constructor(
    vapid: VapidConfig | undefined,
    fetcher?: Fetch,
    { limitMs = CALL_LIMIT_MS, now = Date.now }: CallOptions = {},
  ) {
    this.#vapid = vapid && new Vapid(vapid);
    this.#fetch = fetcher;
    this.#limitMs = limitMs;
    this.#now = now;
  }

  /** The service knows no repetition: that a node's pushes replace each other there is what makes up for it. */
  async send(target: WebPushTarget, push: Push): Promise<PushOutcome> {
    if (this.#vapid === undefined) return failed("not configured: ALLSPARK_PUSH_VAPID_PUBLIC_KEY and its kin");
    const now = this.#now();
    let headers: Record<string, string>;
    let body: Uint8Array<ArrayBuffer>;
    try {
      body = await encrypt(target, webPushPayload(push));
      headers = {
        authorization: await this.#vapid.authorization(target.endpoint, now),
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        ttl: String(ttlSeconds(push.at, now)),
        topic: await topicOf(push),
        // A silent one can wait for the radio to be up for something else.
        urgency: push.silent ? "normal" : "high",
      };
    } catch (error) {
      return failed((error as Error).message);
    }
    const result = await callService(target.endpoint, { headers, body }, this.#limitMs, this.#fetch);
    if ("failure" in result) return { result: "later", why: `Web Push: ${result.failure}` };
    return outcomeOf(result.status, retryAfterMs(result.headers, this.#now()));
  }
}

function failed(why: string): PushOutcome {
  return { result: "failed", why: `Web Push: ${why}` };
}

/** Rejects with what is wrong, in words that tell neither keys nor text. */
async function encrypt({ p256dh, auth }: WebPushTarget, payload: string): Promise<Uint8Array<ArrayBuffer>> {
  const [publicKey, authSecret] = [decodeBase64(p256dh, "base64url"), decodeBase64(auth, "base64url")];
  if (publicKey === null || authSecret === null) throw new Error("the subscription's keys are no base64url");
  const plaintext = new TextEncoder().encode(payload);
  if (plaintext.length > MAX_PLAINTEXT_BYTES) throw new Error(`the payload has more than ${MAX_PLAINTEXT_BYTES} bytes`);
  return encryptWebPush(plaintext, { publicKey, authSecret }, paddedLength(plaintext.length));
}

/**
 * A push that the service still holds gives way to a newer one with the same topic. The silent ones of a node have a topic
 * of their own, lest one of them take away what the user was to see.
 */
async function topicOf({ nodeId, silent }: Push): Promise<string> {
  return (await collapseName(silent ? `${nodeId}\nsilent` : nodeId)).slice(0, TOPIC_CHARS);
}

/** A push is of no use longer than its message, which the inbox keeps for so long. */
function ttlSeconds(storedAt: number, now: number): number {
  return Math.floor(Math.max(Math.min(storedAt + LIMITS.inboxTtlMs - now, MAX_TTL_MS), 0) / 1_000);
}

/** What a status means (RFC 8030 §5 and §7.3); a redirect is refused, since the subscription names the one right place. */
function outcomeOf(status: number, retryAfter: number | undefined): PushOutcome {
  const why = `Web Push: status ${status}`;
  if (status >= 200 && status < 300) return { result: "sent" };
  if (status === 404 || status === 410) return { result: "dead", why };
  if (status !== 408 && status !== 429 && status < 500) return { result: "failed", why };
  return { result: "later", why, ...(retryAfter !== undefined && { retryAfterMs: retryAfter }) };
}
