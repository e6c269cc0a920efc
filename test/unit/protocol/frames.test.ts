/** The edge's own messages, as the protocol prints them. */
import { expect, test } from "vitest";
import {
  acksMessage,
  configResponseMessage,
  errorMessage,
  gapMessage,
  nodeNotRegisteredMessage,
  packFrame,
  sessionUnauthorizedMessage,
  userOfflineMessage,
  welcomeMessage,
  withoutSeq,
  withSeq,
} from "../../../src/protocol/frames.ts";

const ODD = 'n"\\\n\u2028😀';

test("WELCOME", () => {
  const welcome = { node_id: ODD, connection_id: "c1", epoch: "e1", seq: 5, server_time: 1_700_000_000_000 };
  expect(JSON.parse(welcomeMessage(welcome))).toEqual({
    type: -2,
    payload: { ...welcome, heartbeat_ms: 25_000, max_frame_bytes: 1_048_576 },
  });
});

test("ACK", () => {
  expect(
    JSON.parse(
      acksMessage([
        ["1", "delivered"],
        [ODD, "stored"],
        ["3", "queued"],
      ]),
    ),
  ).toEqual({
    type: -6,
    payload: {
      acks: [
        ["1", "delivered"],
        [ODD, "stored"],
        ["3", "queued"],
      ],
    },
  });
});

test("GAP, with nothing beyond its three fields", () => {
  const gap = { from_seq: 3, to_seq: 9, reason: "cap" as const, id: "not ours" };
  expect(JSON.parse(gapMessage(gap))).toEqual({ type: -7, payload: { from_seq: 3, to_seq: 9, reason: "cap" } });
});

test("ERROR, with and without an id and a detail", () => {
  const general = "the message has a field of the wrong type or out of bounds";
  expect(JSON.parse(errorMessage("BAD_MESSAGE"))).toEqual({
    type: -1,
    payload: { code: "BAD_MESSAGE", message: general, temporary: false },
  });
  expect(JSON.parse(errorMessage("BAD_MESSAGE", "ttl_ms", ODD))).toEqual({
    type: -1,
    payload: { code: "BAD_MESSAGE", message: `${general} (ttl_ms)`, temporary: false, id: ODD },
  });
  expect(JSON.parse(errorMessage("INBOX_FULL", undefined, "m"))).toMatchObject({
    payload: { code: "INBOX_FULL", temporary: true, id: "m" },
  });
});

test("USER_OFFLINE names the destination as its source", () => {
  expect(JSON.parse(userOfflineMessage(ODD))).toEqual({ type: -4, src_id: ODD });
  expect(JSON.parse(userOfflineMessage("n", "m"))).toEqual({ type: -4, src_id: "n", id: "m" });
});

test("NODE_NOT_REGISTERED names the destination as its source, and is an error too", () => {
  expect(JSON.parse(nodeNotRegisteredMessage(ODD, "m"))).toEqual({
    type: -3,
    src_id: ODD,
    id: "m",
    payload: {
      code: "NODE_NOT_REGISTERED",
      message: "the destination node was never seen",
      temporary: false,
      id: "m",
    },
  });
});

test("SESSION_UNAUTHORIZED names the session and the message", () => {
  expect(JSON.parse(sessionUnauthorizedMessage(ODD, "m"))).toMatchObject({
    type: -5,
    dest_session_id: ODD,
    id: "m",
    payload: { code: "SESSION_UNAUTHORIZED", temporary: false, id: "m" },
  });
});

test("CONFIG_RESPONSE: an object, for a classic client a JSON string of it", () => {
  const payload = { messages: ['{"a":1}'], more: false };
  expect(JSON.parse(configResponseMessage(payload, false, "q"))).toEqual({ type: -102, id: "q", payload });
  expect(JSON.parse(configResponseMessage(payload, true))).toEqual({ type: -102, payload: JSON.stringify(payload) });
});

test("seq goes in front of a stamped message", () => {
  expect(withSeq(7, '"src_id":"a","timestamp":1}')).toBe('{"seq":7,"src_id":"a","timestamp":1}');
  expect(withoutSeq('"src_id":"a","timestamp":1}')).toBe('{"src_id":"a","timestamp":1}');
});

test("a frame is an object, or an array where it holds several", () => {
  expect(packFrame(['{"a":1}'])).toBe('{"a":1}');
  expect(packFrame(['{"a":1}', '{"b":2}'])).toBe('[{"a":1},{"b":2}]');
});
