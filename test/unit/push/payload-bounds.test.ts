/** 4,096 bytes are what FCM and APNs take: with so many a body stays whole, with one more it is cut. */
import { expect, test } from "vitest";
import type { Push } from "../../../src/domain/push/push.ts";
import { apnsPayload } from "../../../src/push/apns-payload.ts";
import { fcmMessage } from "../../../src/push/fcm-message.ts";
import { aPush } from "../../support/push/pushes.ts";

const KEY = "k".repeat(43);
const fcm = (push: Push): string => {
  const text = fcmMessage({ kind: "fcm", token: "T" }, push, KEY, push.at);
  return text.replace('"token":"T",', "");
};

test.each([
  ["FCM", fcm],
  ["APNs", apnsPayload],
])("%s", (_, payload) => {
  const body = "the whole body";
  const at = Date.now();
  const of = (filling: number): string => payload(aPush({ body, at, data: { x: "x".repeat(filling) } }));
  const room = 4_096 - Buffer.byteLength(of(0));
  expect(Buffer.byteLength(of(room))).toBe(4_096);
  expect(of(room)).toContain(`"body":"${body}"`);
  expect(of(room + 1)).toContain('"body":"the whole…"');
  expect(Buffer.byteLength(of(room + 1))).toBeLessThanOrEqual(4_096);
  // Where there is no room at all, the body goes and the rest stays.
  expect(of(room + 100)).not.toContain('"body"');
});
