import { expect, test } from "vitest";
import { fcmMessage, MAX_FCM_BYTES } from "../../../src/push/fcm-message.ts";
import type { FcmMessage } from "../../support/push/fcm-double.ts";
import { aPush, largestPush } from "../../support/push/pushes.ts";

const DAY_MS = 86_400_000;
const TARGET = { kind: "fcm", token: "T" } as const;

function message(push = aPush(), now = push.at): FcmMessage {
  return (JSON.parse(fcmMessage(TARGET, push, "key", now)) as { message: FcmMessage }).message;
}

test("the sender's data may not stand in for ours, nor use FCM's own words", () => {
  const data = {
    ...{ message: "x", payload1: "mallory", notification_type: "1", from_seq: "0", node_id: "x", type: "9" },
    ...{ session_id: "x", session_seq: "0" },
    ...{ from: "x", message_type: "x", gcm: "x", "gcm.notification.title": "x", "google.ttl": "x", googled: "x" },
    ...{ fromage: "x", gcmx: "x", screen: "chat" },
  };
  const push = aPush({ data });
  delete push.srcId;
  expect(message(push).data).toEqual({
    message: push.title,
    notification_type: "101",
    node_id: "bob",
    from_seq: "7",
    fromage: "x",
    gcmx: "x",
    screen: "chat",
  });
});

test("it is of use as long as the inbox keeps its message, and at most four weeks", () => {
  const push = aPush();
  const ttl = (ageMs: number) => message(push, push.at + ageMs).android?.ttl;
  expect([0, 2 * DAY_MS, 29 * DAY_MS, 31 * DAY_MS].map(ttl)).toEqual(["2419200s", "2419200s", "86400s", "0s"]);
});

test("of a body that does not fit there is as much as does", () => {
  const push = largestPush(true);
  const text = fcmMessage(TARGET, push, "key".repeat(14), push.at);
  const size = Buffer.byteLength(text) - Buffer.byteLength('"token":"T",');
  expect(size).toBeLessThanOrEqual(MAX_FCM_BYTES);
  expect(size).toBeGreaterThan(MAX_FCM_BYTES - 10);
  const { notification, data } = (JSON.parse(text) as { message: FcmMessage }).message;
  expect(notification?.title).toBe(push.title);
  expect(notification?.body).toMatch(/^"+…$/);
  expect(data).toMatchObject(push.data!);
});

test("the largest push without much to escape fits as it is", () => {
  const push = largestPush(false);
  expect(message(push)).toMatchObject({ notification: { title: push.title, body: push.body }, data: push.data });
});

test("half a character, which JSON allows and UTF-8 does not, is replaced", () => {
  const push = aPush({ title: "t\ud800", body: "b\udc00", data: { "k\ud800": "v\udc00" } });
  const { notification, data } = message(push);
  expect(notification).toEqual({ title: "t\ufffd", body: "b\ufffd" });
  expect(data).toMatchObject({ message: "t\ufffd", "k\ufffd": "v\ufffd" });
});
