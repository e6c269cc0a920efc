/** What members of a session are told, as events. */
import { expect } from "vitest";
import { sessionEventOf, type SessionEvent } from "../../../src/client/sessions/session-event.ts";
import { test } from "./edge-test.ts";

const notice = (type: number, more: object = {}) => ({ dest_session_id: "s", src_id: "bob", type, ...more });

test.for([
  [notice(100, { session_seq: 1 }), { kind: "joined", name: "bob" }],
  [notice(103, { session_seq: 2 }), { kind: "left", name: "bob" }],
  [notice(105), { kind: "online", name: "bob" }],
  [notice(106), { kind: "offline", name: "bob" }],
  [notice(104, { session_seq: 3, payload: "bob-phone" }), { kind: "revealed", name: "bob", nodeId: "bob-phone" }],
  [
    notice(110, { session_seq: 4, payload: { master_id: "carol", fencing_number: 2 } }),
    { kind: "master", name: "carol", fencingNumber: 2 },
  ],
  [notice(103, { payload: { reason: "removed" } }), { kind: "removed", reason: "removed" }],
  [notice(103, { payload: { reason: "closed" } }), { kind: "removed", reason: "closed" }],
] as const)("%j", ([message, event]) => {
  expect(sessionEventOf(message)).toEqual({ session: "s", ...event });
});

test.for([
  { dest_session_id: "s", src_id: "bob", type: 1 },
  { dest_session_id: "s", src_id: "bob" },
  { src_id: "bob", type: 100 },
])("%j is no notice", (message) => {
  expect(sessionEventOf(message)).toBeUndefined();
});

test("they come between the messages, in order, are acked, and are no messages", async ({ edge, client }) => {
  const allspark = client();
  const log: unknown[] = [];
  allspark.on("message", ({ payload }) => void log.push(payload));
  allspark.on("session", (event: SessionEvent) => log.push(event.kind));
  await allspark.connect();
  edge.deliver({ payload: 1 }, notice(100, { session_seq: 1 }), { payload: 2 }, notice(103, { session_seq: 2 }));
  await edge.until(() => edge.connection.acks.includes(4), "the ack");
  expect(log).toEqual([1, "joined", 2, "left"]);
});
