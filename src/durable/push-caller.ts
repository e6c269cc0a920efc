/** Ties each kind of target to its service, as this deployment is configured. */
import { FALLBACK_ID, type TargetToCall } from "../domain/push/task.ts";
import type { Push } from "../domain/push/push.ts";
import type { Env } from "../env.ts";
import { ApnsProvider } from "../push/apns.ts";
import { FcmProvider } from "../push/fcm.ts";
import type { CallTarget, PushOutcome } from "../push/provider.ts";
import type { PushConfig } from "../push/push-config.ts";
import { WebPushProvider } from "../push/web-push.ts";
import { WebhookProvider } from "../push/webhook.ts";
import { pushTokenSource } from "./push-token-source.ts";

const NOT_CONFIGURED: PushOutcome = { result: "failed", why: "this deployment is not configured for it" };

/** One an isolate: services keep the tokens that they sign. */
const callers = new WeakMap<PushConfig, CallTarget>();

/** Always the same for the same `config`, which is the object that parseConfig answered. */
export function pushCaller(env: Env, config: PushConfig): CallTarget {
  let caller = callers.get(config);
  if (caller === undefined) callers.set(config, (caller = newCaller(env, config)));
  return caller;
}

function newCaller(env: Env, { fcm, apns, vapid }: PushConfig): CallTarget {
  const fcmProvider = fcm && new FcmProvider(fcm, pushTokenSource(env, { provider: "fcm", config: fcm }));
  const apnsProvider = apns && new ApnsProvider(apns, pushTokenSource(env, { provider: "apns", config: apns }));
  const webPush = vapid && new WebPushProvider(vapid);
  const webhook = new WebhookProvider();
  // The operator's own address may be one that nodes must not reach.
  const network = env.PUSH_WEBHOOK_NETWORK;
  const ownWebhook = network === undefined ? webhook : new WebhookProvider((url, init) => network.fetch(url, init));

  return async ({ id, target }: TargetToCall, push: Push) => {
    const callId = `${push.id}-${id}`;
    switch (target.kind) {
      case "fcm":
        return (await fcmProvider?.send(target, push)) ?? NOT_CONFIGURED;
      case "apns":
        return (await apnsProvider?.send(target, push, callId)) ?? NOT_CONFIGURED;
      case "webpush":
        return (await webPush?.send(target, push)) ?? NOT_CONFIGURED;
      case "webhook":
        return (id === FALLBACK_ID ? ownWebhook : webhook).send(target, push, callId);
    }
  };
}
