/** What `npm run -s key -- --vapid` prints. */
import { makeVapidKeys } from "../../src/push/vapid-keys.ts";

/** New keys for Web Push as the lines of settings that they are; the subject is the operator's to fill in. */
export async function vapidSettings(): Promise<string> {
  const { publicKey, privateKey } = await makeVapidKeys();
  return [
    `ALLSPARK_PUSH_VAPID_PUBLIC_KEY=${publicKey}`,
    `ALLSPARK_PUSH_VAPID_PRIVATE_KEY=${privateKey}`,
    "ALLSPARK_PUSH_VAPID_SUBJECT=mailto:you@example.com",
    "",
  ].join("\n");
}
