/** What a service worker finds in its push event, and how much of its length the push service is told. */
import type { Push } from "../domain/push/push.ts";
import { utf8Length } from "../protocol/utf8.ts";
import { fitText } from "./fit-text.ts";
import { pushFields } from "./push-fields.ts";
import { MAX_PLAINTEXT_BYTES } from "./web-push-encryption.ts";

/** The step of lengths, bytes. */
const STEP_BYTES = 256;

/** JSON, at most MAX_PLAINTEXT_BYTES as UTF-8 for a push within LIMITS.maxPush…; the body is shortened to that end. */
export function webPushPayload(push: Push): string {
  const { silent, ...fields } = pushFields(push);
  const payload = (body: string | undefined) =>
    JSON.stringify({ ...fields, body: body || undefined, silent: silent || undefined });
  const fits = (body: string) => utf8Length(payload(body)) <= MAX_PLAINTEXT_BYTES;
  return payload(push.body && fitText(push.body, fits));
}

/**
 * The length that a plaintext is padded to: the next multiple of 256 bytes. So the service learns one of 16 lengths, and
 * not how long a name or a text is. Padding all to the full 4,096 bytes would hide the rest, but costs phones their data,
 * and Mozilla's service refuses for Android what is longer than some 3 KB (its error 104).
 */
export function paddedLength(bytes: number): number {
  return Math.min(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES, MAX_PLAINTEXT_BYTES);
}
