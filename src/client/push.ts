/** Where a node is woken when messages wait for it while it is away. */
import { asError } from "./errors.ts";
import { type EdgeHttp, segment } from "./http.ts";

/**
 * A way to wake a node.
 *
 * @example
 * ```ts
 * import { Allspark, type PushTarget } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const phone: PushTarget = { kind: "fcm", token: "…" };
 * await allspark.push.add(phone);
 * ```
 */
export type PushTarget =
  | { kind: "fcm"; token: string }
  | { kind: "fcm"; fid: string }
  | { kind: "apns"; token: string; topic: string; environment?: "production" | "sandbox" }
  | { kind: "webpush"; subscription: unknown }
  | { kind: "webhook"; url: string; secret: string };

/** As much of a ServiceWorkerRegistration as is needed. */
interface Registration {
  readonly pushManager: {
    getSubscription(): Promise<{ toJSON(): unknown } | null>;
    subscribe(options: { userVisibleOnly: boolean; applicationServerKey: string }): Promise<{ toJSON(): unknown }>;
  };
}

/**
 * Push targets of this node: `allspark.push`; the guide is docs/push.md. A node has up to ten: an eleventh is refused with
 * PUSH_TARGETS_FULL.
 *
 * @example
 * ```ts
 * import { Allspark, type PushTargets } from "allspark/client";
 *
 * const allspark = new Allspark({ url: "http://localhost:8787", authKey: "…" });
 * const push: PushTargets = allspark.push;
 * const registration = await navigator.serviceWorker.ready;
 * await push.registerWebPush(registration, { applicationServerKey: "…" });
 * ```
 */
export class PushTargets {
  readonly #http: EdgeHttp;
  readonly #nodeId: () => Promise<string>;

  /** Made by {@link Allspark}. */
  constructor(http: EdgeHttp, nodeId: () => Promise<string>) {
    this.#http = http;
    this.#nodeId = nodeId;
  }

  /** Registers a target; one of the same kind and token takes the place of the earlier. `node`: another's, for app nodes. */
  async add(target: PushTarget, node?: string): Promise<void> {
    await this.#http.call("PUT", await this.#path(target.kind, node), { body: target });
  }

  /** Removes all targets of a kind, or the one with this token. `node`: another's, for app nodes. */
  async remove(kind: PushTarget["kind"], token?: string, node?: string): Promise<void> {
    await this.#http.call("DELETE", await this.#path(kind, node), { query: { token } });
  }

  /** Subscribes the page to Web Push, or takes its subscription, and registers it. */
  async registerWebPush(registration: Registration, options: { applicationServerKey: string }): Promise<void> {
    const { pushManager } = registration;
    let subscription: unknown;
    try {
      subscription =
        (await pushManager.getSubscription()) ?? (await pushManager.subscribe({ userVisibleOnly: true, ...options }));
    } catch (error) {
      throw asError(error, "FORBIDDEN", "the browser did not subscribe");
    }
    // Its own toJSON says what it is, when the call is written.
    await this.add({ kind: "webpush", subscription });
  }

  async #path(kind: string, node?: string): Promise<string> {
    return `/v1/nodes/${segment(node ?? (await this.#nodeId()))}/push-targets/${kind}`;
  }
}
