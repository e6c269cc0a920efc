import { expect, test } from "vitest";
import { publicTarget } from "../../../src/domain/push/public-target.ts";
import type { PushTarget } from "../../../src/domain/push/target.ts";

const TOKEN = `${"x".repeat(100)}abcdef`;
const HEX = "0123456789abcdef".repeat(4);

test.each<[PushTarget, object]>([
  [
    { kind: "fcm", token: TOKEN },
    { kind: "fcm", token_end: "abcdef" },
  ],
  [
    { kind: "fcm", token: "a".repeat(24) },
    { kind: "fcm", token_end: "" },
  ],
  [
    { kind: "fcm", fid: "cIr5c5nQT0yxQz-_AAAAAA" },
    { kind: "fcm", fid: "cIr5c5nQT0yxQz-_AAAAAA" },
  ],
  [
    { kind: "apns", token: HEX, topic: "com.example.app", environment: "sandbox" },
    { kind: "apns", token_end: "abcdef", topic: "com.example.app", environment: "sandbox" },
  ],
  [
    { kind: "webpush", endpoint: "https://push.example.net:8443/send/abc?d#e", p256dh: "p", auth: "a" },
    { kind: "webpush", origin: "https://push.example.net:8443" },
  ],
  [
    { kind: "webhook", url: "http://[::1]:9000?key=secret", secret: "whsec_x" },
    { kind: "webhook", origin: "http://[::1]:9000" },
  ],
])("of %j no secret is told", (target, told) => {
  expect(publicTarget(target, "id-1")).toEqual({ id: "id-1", ...told });
});
