/** Messages without a destination: pings, acks, config requests, and those that forgot where they were going. */
import { expect, test } from "vitest";
import { decodeFrame } from "../../../src/protocol/codec.ts";

const decode = (message: object, mode: "v1" | "classic" = "v1") => decodeFrame(JSON.stringify(message), mode)[0];

test.each([{}, { type: 0 }, { type: 5, payload: "x" }, { payload: 1 }, { type: null }, { hello: "world" }])(
  "%j is a ping",
  (message) => {
    expect(decode(message)).toEqual({ kind: "ping" });
    expect(decode(message, "classic")).toEqual({ kind: "ping" });
  },
);

test.each([{ id: "m" }, { id: "m", type: 0 }, { id: "m", type: 7, payload: 1 }])(
  "%j waits for an ack but names no destination",
  (message) => expect(decode(message)).toMatchObject({ kind: "bad", code: "NO_DESTINATION", id: "m" }),
);

test("an ack is cumulative", () => {
  expect(decode({ type: -6, payload: { seq: 0 } })).toEqual({ kind: "ack", seq: 0 });
  expect(decode({ type: -6, payload: { seq: Number.MAX_SAFE_INTEGER, more: 1 } })).toEqual({
    kind: "ack",
    seq: Number.MAX_SAFE_INTEGER,
  });
});

test.each([
  undefined,
  null,
  5,
  "5",
  [],
  [5],
  {},
  { seq: null },
  { seq: -1 },
  { seq: 1.5 },
  { seq: "5" },
  { seq: 2 ** 53 },
  { seq: [5] },
])("an ack may not have the payload %j", (payload) =>
  expect(decode({ type: -6, payload })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE" }),
);

test("the seq of an ack is its own field, not an inherited one", () => {
  expect(decodeFrame('{"type":-6,"payload":{"__proto__":{"seq":5}}}', "v1")).toMatchObject([
    { kind: "bad", code: "BAD_MESSAGE" },
  ]);
});

test("a config request is an object, or a JSON string of one", () => {
  const request = { fetch_inbox_messages: true, timestamp: 5 };
  expect(decode({ id: "q", type: -101, payload: request })).toEqual({ kind: "config", id: "q", request });
  expect(decode({ type: -101, payload: JSON.stringify(request) }, "classic")).toEqual({
    kind: "config",
    id: undefined,
    request,
  });
});

test.each([undefined, null, 5, true, [], "", "x", "5", "null", "[]", '"{}"', "{"])(
  "a config request may not have the payload %j",
  (payload) =>
    expect(decode({ id: "q", type: -101, payload })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE", id: "q" }),
);

test.each([-1, -2, -3, -4, -5, -7, -8, -100, -102, Number.MIN_SAFE_INTEGER])(
  "no client sends the control type %d",
  (type) => {
    expect(decode({ id: "m", type, payload: {} })).toEqual({
      kind: "bad",
      code: "UNKNOWN_CONTROL",
      detail: String(type),
      id: "m",
    });
  },
);
