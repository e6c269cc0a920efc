/** What a push says of the message that it is for, and what it never says. */
import { expect, test } from "vitest";
import { pushFor, titleOf, waitingMessage } from "../../../src/domain/push/wording.ts";

const AT = 1_700_000_000_000;
const ABOUT = { id: "p", nodeId: "bob", fromSeq: 7 };
const tail = (message: object) => JSON.stringify(message).slice(1);

test("a message from a node: who, the type, a title", () => {
  const waiting = waitingMessage(tail({ src_id: "alice", timestamp: 1, type: 3, payload: "secret" }), undefined, AT);
  expect(pushFor(waiting, ABOUT)).toEqual({
    ...ABOUT,
    title: "New message",
    silent: false,
    type: 3,
    srcId: "alice",
    at: AT,
  });
});

test("each type of the protocol has a title of its own", () => {
  const titles = [undefined, 100, 103, 110].map(titleOf);
  expect(new Set(titles).size).toBe(4);
  expect([0, 1, 99, 104, 200, -7].map(titleOf)).toEqual(Array(6).fill(titles[0]));
});

test("the sender's own words stand in for the edge's, each for itself", () => {
  const message = tail({ src_id: "alice", timestamp: 1 });
  const push = (wish: object) => pushFor(waitingMessage(message, { wish }, AT), ABOUT);
  expect(push({ title: "Dinner", body: "7 pm", data: { room: "4" }, silent: true })).toMatchObject({
    title: "Dinner",
    body: "7 pm",
    data: { room: "4" },
    silent: true,
  });
  expect(push({ body: "7 pm" })).toMatchObject({ title: "New message", body: "7 pm", silent: false });
});

test.each([
  ["with a hint that does not name it", {}],
  ["without any hint", undefined],
])("a session's message %s does not say who sent it", (_, hint) => {
  const message = tail({ src_id: "anon-1", timestamp: 1, session_seq: 9, dest_session_id: "s", type: 1 });
  const push = pushFor(waitingMessage(message, hint, AT), ABOUT);
  expect(push).toMatchObject({ sessionId: "s", sessionSeq: 9, type: 1 });
  expect(JSON.stringify(push)).not.toContain("anon-1");
});

test("a session's message whose sender goes by its own id says so", () => {
  const message = tail({ src_id: "alice", timestamp: 1, session_seq: 9, dest_session_id: "s" });
  expect(waitingMessage(message, { named: true }, AT)).toMatchObject({ srcId: "alice", sessionId: "s" });
});

test("what a session tells outside of its order does not say whom it is about", () => {
  const message = tail({ src_id: "anon-1", timestamp: 1, type: 103, dest_session_id: "s" });
  expect(JSON.stringify(waitingMessage(message, undefined, AT))).not.toContain("anon-1");
});

test("an app's odd types and ids do no harm", () => {
  const message = tail({ src_id: "alice", timestamp: 1, type: "x", dest_session_id: 5 });
  expect(waitingMessage(message, undefined, AT)).toEqual({ at: AT });
});
