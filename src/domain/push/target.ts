/** The ways to wake a node while it is away; each is stored with the node. */

/** Firebase Cloud Messaging: an app instance, by its registration token or by its Firebase Installation ID. */
export type FcmTarget = { kind: "fcm"; token: string } | { kind: "fcm"; fid: string };

/** Apple Push Notification service: a device token (hex), the app's topic (bundle id), and which of Apple's two services. */
export interface ApnsTarget {
  kind: "apns";
  token: string;
  topic: string;
  environment: "production" | "sandbox";
}

/** Web Push: what `PushSubscription.toJSON()` gives (W3C Push API); the keys are base64url (RFC 8291). */
export interface WebPushTarget {
  kind: "webpush";
  endpoint: string;
  p256dh: string;
  auth: string;
}

/** A server of the app's: POSTs are signed by `secret` (`whsec_` and base64; Standard Webhooks). */
export interface WebhookTarget {
  kind: "webhook";
  url: string;
  secret: string;
}

export type PushTarget = FcmTarget | ApnsTarget | WebPushTarget | WebhookTarget;

export type PushKind = PushTarget["kind"];

export const PUSH_KINDS = ["fcm", "apns", "webpush", "webhook"] as const satisfies readonly PushKind[];

/** What tells a target from the others of its kind: its token, endpoint or URL. Registering the same again replaces it. */
export function targetName(target: PushTarget): string {
  switch (target.kind) {
    case "fcm":
      return "fid" in target ? target.fid : target.token;
    case "apns":
      return target.token;
    case "webpush":
      return target.endpoint;
    case "webhook":
      return target.url;
  }
}
