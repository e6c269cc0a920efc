/** What counts as a frame, and how much one may hold. */
import { expect, test } from "vitest";
import { decodeFrame, type InboundMessage } from "../../../src/protocol/codec.ts";
import { LIMITS } from "../../../src/protocol/limits.ts";

const BAD_FRAME = { kind: "bad", code: "BAD_FRAME", id: undefined };
const BAD_MESSAGE = { kind: "bad", code: "BAD_MESSAGE", id: undefined };

function ids(messages: InboundMessage[]): unknown[] {
  return messages.map((message) => ("id" in message ? message.id : undefined));
}

/** An object that is `depth` deep, itself counting as 1, with arrays and objects in turn. */
function nested(depth: number): string {
  let text = "1";
  for (let i = 2; i <= depth; i++) text = i % 2 === 0 ? `[${text}]` : `{"a":${text}}`;
  return `{"id":"deep","dest_id":"b","payload":${text}}`;
}

test.each(["", " ", "{", "}", '{"a":1', "{'a':1}", "[1,]", '{"a":1} {"b":2}', "\ufeff{}", "undefined", '{"a":\n"\n"}'])(
  "text that is not JSON is no frame: %j",
  (text) => {
    for (const mode of ["v1", "classic"] as const) {
      expect(decodeFrame(text, mode)).toEqual([{ ...BAD_FRAME, detail: "it does not parse as JSON" }]);
    }
  },
);

test.each([
  ["null", "it holds null"],
  ["5", "it holds a number"],
  ['"ping"', "it holds a string"],
  ["true", "it holds a boolean"],
])("JSON that is neither an object nor an array is no frame: %s", (text, detail) => {
  expect(decodeFrame(text, "v1")).toEqual([{ ...BAD_FRAME, detail }]);
});

test("a classic connection takes no arrays, not even an empty one", () => {
  for (const text of ["[]", '[{"dest_id":"b"}]']) expect(decodeFrame(text, "classic")).toMatchObject([BAD_FRAME]);
});

test("the messages of an array come in its order, each with its own text", () => {
  const messages = decodeFrame(
    '[ {"id":"1","dest_id":"b"} ,\n{"id":"2", "dest_id":"c"},{"id":"3","dest_id":"d"}]',
    "v1",
  );
  expect(messages.map((message) => message.kind === "send" && [message.id, message.dest, message.text])).toEqual([
    ["1", "b", '{"id":"1","dest_id":"b"}'],
    ["2", "c", '{"id":"2", "dest_id":"c"}'],
    ["3", "d", '{"id":"3","dest_id":"d"}'],
  ]);
});

test("an empty array is a frame with nothing in it", () => {
  expect(decodeFrame(" [ ] ", "v1")).toEqual([]);
});

test("a bad message of an array does not disturb the others", () => {
  const messages = decodeFrame(
    '[{"id":"1","dest_id":"b"},{"id":"2","dest_id":7},null,[],"x",{"id":"3","dest_id":"b"}]',
    "v1",
  );
  expect(messages.map(({ kind }) => kind)).toEqual(["send", "bad", "bad", "bad", "bad", "send"]);
  expect(messages.slice(1, 5)).toMatchObject([{ ...BAD_MESSAGE, id: "2" }, BAD_MESSAGE, BAD_MESSAGE, BAD_MESSAGE]);
  expect(ids(messages)).toEqual(["1", "2", undefined, undefined, undefined, "3"]);
});

test("256 messages in one frame pass, 257 are refused whole", () => {
  const frame = (count: number) => `[${Array.from({ length: count }, (_, i) => `{"id":"${i}","dest_id":"b"}`).join()}]`;
  expect(LIMITS.maxMessagesPerFrame).toBe(256);
  const messages = decodeFrame(frame(256), "v1");
  expect(messages.every(({ kind }) => kind === "send")).toBe(true);
  expect(ids(messages)).toEqual(Array.from({ length: 256 }, (_, i) => String(i)));
  expect(decodeFrame(frame(257), "v1")).toMatchObject([{ kind: "bad", code: "TOO_LARGE" }]);
});

test("a message may be 64 deep, and in an array no less", () => {
  expect(LIMITS.maxDepth).toBe(64);
  expect(decodeFrame(nested(64), "v1")).toMatchObject([{ kind: "send", id: "deep" }]);
  expect(decodeFrame(nested(64), "classic")).toMatchObject([{ kind: "send", id: "deep" }]);
  expect(decodeFrame(`[${nested(64)},${nested(64)}]`, "v1")).toMatchObject([{ kind: "send" }, { kind: "send" }]);
});

test("a message 65 deep is refused", () => {
  expect(decodeFrame(nested(65), "v1")).toMatchObject([{ kind: "bad", code: "BAD_MESSAGE" }]);
  expect(decodeFrame(nested(65), "classic")).toMatchObject([{ kind: "bad", code: "BAD_MESSAGE" }]);
  expect(decodeFrame(`[${nested(65)}]`, "v1")).toMatchObject([{ kind: "bad", code: "BAD_MESSAGE" }]);
});

test("a message that is too deep does not disturb the others of its array", () => {
  const messages = decodeFrame(`[{"id":"1","dest_id":"b"},${nested(65)},{"id":"2","dest_id":"b"}]`, "v1");
  expect(messages.map(({ kind }) => kind)).toEqual(["send", "bad", "send"]);
  expect(ids(messages)).toEqual(["1", "deep", "2"]);
  expect(messages[1]).toMatchObject({ detail: "nested 65 deep, the limit is 64" });
});

test("the error for a message that is too deep names its id", () => {
  expect(decodeFrame(nested(65), "v1")).toMatchObject([{ kind: "bad", code: "BAD_MESSAGE", id: "deep" }]);
});

test("as deep as a frame can be, nothing overflows", () => {
  const levels = LIMITS.maxFrameBytes / 2 - 20;
  const frame = `{"dest_id":"b","payload":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  expect(decodeFrame(frame, "v1")).toMatchObject([{ kind: "bad", code: "BAD_MESSAGE" }]);
});
