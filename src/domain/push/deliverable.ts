/** Which targets a deployment can call. */
import type { PushTarget } from "./target.ts";

/** What is configured; undefined for what is not. */
export interface Services {
  fcm: object | undefined;
  apns: object | undefined;
  vapid: object | undefined;
}

/** Is the service behind this target configured? A webhook needs none. */
export function isDeliverable({ kind }: PushTarget, { fcm, apns, vapid }: Services): boolean {
  switch (kind) {
    case "fcm":
      return fcm !== undefined;
    case "apns":
      return apns !== undefined;
    case "webpush":
      return vapid !== undefined;
    case "webhook":
      return true;
  }
}
