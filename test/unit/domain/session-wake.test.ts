/** What a node hears of a session's message that it lacks. */
import { expect, test } from "vitest";
import { messageType } from "../../../src/domain/push/message-type.ts";
import { hintInSession, sessionWake } from "../../../src/domain/push/session-wake.ts";
import { noticeTail, sessionTail } from "../../../src/domain/session/session-text.ts";
import type { PushHint } from "../../../src/protocol/push-hint.ts";

const AT = 1_700_000_000_123;
const tail = sessionTail({ srcId: 'a"', srcClientId: "c" }, 5, 7, '"type":3,"payload":{"type":4}}');

test.each([
  ["its type", '"type":3}', 3],
  ["0 too", '"payload":[{"type":9}],"type":0}', 0],
  ["the last of several", '"type":1,"type":2}', 2],
  ["none", '"payload":{"type":4}}', undefined],
  ["null is none", '"type":null}', undefined],
])("the type of a message: %s", (_, text, type) => {
  expect(messageType(sessionTail({ srcId: '"type":8', srcClientId: undefined }, AT, 7, text))).toBe(type);
});

test("the type of a notice", () => {
  expect(messageType(noticeTail({ type: 100, subject: "a", sessionId: "s" }, AT, 1))).toBe(100);
});

test("the sender is told where it may be, and by the name of the stamp", () => {
  const wish = { title: "hello" };
  expect(sessionWake({ seq: 7, tail, push: { named: true, wish } }, AT)).toEqual({
    seq: 7,
    type: 3,
    srcId: 'a"',
    wish,
    at: AT,
  });
});

test.each([undefined, {}, { wish: undefined }])("else not: %o", (push) => {
  expect(sessionWake({ seq: 7, tail, push }, AT)).toEqual({ seq: 7, type: 3, at: AT });
});

test.each<[PushHint | undefined, boolean, PushHint | undefined]>([
  [undefined, true, { named: true }],
  [{ wish: { body: "b" } }, true, { wish: { body: "b" }, named: true }],
  [{ off: true }, true, { off: true, named: true }],
  [undefined, false, undefined],
  [{ off: true, wish: { body: "b" } }, false, { off: true, wish: { body: "b" } }],
  // No object before the session may say so.
  [{ named: true, wish: { body: "b" } }, false, { wish: { body: "b" } }],
])("%o of a sender that may be named, or not (%s)", (hint, isNamed, expected) => {
  expect(hintInSession(hint, isNamed)).toEqual(expected);
});
