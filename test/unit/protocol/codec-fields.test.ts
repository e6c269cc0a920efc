/** Each field of a message: its types, its bounds, and null for absent. */
import { expect, test } from "vitest";
import { decodeFrame, type InboundMessage } from "../../../src/protocol/codec.ts";
import { isId } from "../../../src/protocol/ids.ts";

function decode(message: object, mode: "v1" | "classic" = "v1"): InboundMessage {
  const messages = decodeFrame(JSON.stringify(message), mode);
  expect(messages).toHaveLength(1);
  return messages[0]!;
}

const WRONG: Record<string, unknown[]> = {
  id: [0, 7, "", "x".repeat(65), true, {}, []],
  type: ["1", 1.5, true, {}, [], 2 ** 53, -1e300],
  dest_id: [0, 5, "", true, {}, ["b"], "x".repeat(129)],
  dest_client_id: [0, 5, "", false, {}, ["b"], "x".repeat(129)],
  dest_session_id: [0, 5, "", true, {}, ["b"], "x".repeat(129)],
  volatile: [0, 1, "true", "", {}, []],
  ttl_ms: [-1, 1.5, "60000", true, {}, [], 2 ** 53],
  collapse_key: [0, 5, "", true, {}, [], "x".repeat(129)],
  dest_cluster_id: [0, 5, "", true, {}, [], "x".repeat(129)],
};

const CASES = Object.entries(WRONG).flatMap(([field, values]) => values.map((value) => [field, value] as const));

test.each(CASES)("%s may not be %j", (field, value) => {
  const base = field === "dest_id" ? { dest_client_id: "c" } : { dest_id: "b" };
  const message = decode({ id: "m1", ...base, [field]: value });
  expect(message).toMatchObject({ kind: "bad", code: "BAD_MESSAGE", id: field === "id" ? undefined : "m1" });
  // It names the field that is wrong.
  expect(message.kind === "bad" && message.detail).toContain(field);
});

test("a message with nothing but a destination has no options", () => {
  expect(decode({ dest_id: "b" })).toEqual({
    kind: "send",
    id: undefined,
    to: "node",
    dest: "b",
    member: undefined,
    type: undefined,
    volatile: false,
    ttlMs: undefined,
    collapseKey: undefined,
    cluster: undefined,
    text: '{"dest_id":"b"}',
  });
});

test("every option at once", () => {
  const message = {
    id: "m1",
    dest_id: "b",
    type: 7,
    volatile: true,
    ttl_ms: 60_000,
    collapse_key: "score",
    dest_cluster_id: "eu",
    payload: { a: 1 },
    payload1: [2],
    payload2: null,
    extra: "x",
  };
  expect(decode(message)).toEqual({
    kind: "send",
    id: "m1",
    to: "node",
    dest: "b",
    member: undefined,
    type: 7,
    volatile: true,
    ttlMs: 60_000,
    collapseKey: "score",
    cluster: "eu",
    text: JSON.stringify(message),
  });
});

test("null counts as absent in every field", () => {
  const nulls = Object.fromEntries(Object.keys(WRONG).map((field) => [field, null]));
  expect(decode({ ...nulls, dest_id: "b" })).toMatchObject({
    kind: "send",
    id: undefined,
    to: "node",
    dest: "b",
    member: undefined,
    type: undefined,
    volatile: false,
    ttlMs: undefined,
    collapseKey: undefined,
    cluster: undefined,
  });
  expect(decode(nulls)).toEqual({ kind: "ping" });
});

test("false and 0 are values of their own", () => {
  expect(decode({ dest_id: "b", volatile: false, ttl_ms: 0, type: 0 })).toMatchObject({
    kind: "send",
    volatile: false,
    ttlMs: 0,
    type: 0,
  });
});

test("an id is 1 to 64 characters, however many bytes they take", () => {
  expect(decode({ id: "x", dest_id: "b" })).toMatchObject({ kind: "send", id: "x" });
  for (const id of ["x".repeat(64), "€".repeat(64), "😀".repeat(32)]) {
    expect(decode({ id, dest_id: "b" })).toMatchObject({ kind: "send", id });
    expect(decode({ id: `${id}x`, dest_id: "b" })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE", id: undefined });
  }
});

test("a classic sender may number its messages", () => {
  expect(decode({ id: 17, dest_id: "b" }, "classic")).toMatchObject({
    kind: "send",
    id: "17",
    text: '{"id":17,"dest_id":"b"}',
  });
  expect(decode({ id: 0, dest_id: "b" }, "classic")).toMatchObject({ kind: "send", id: "0" });
  expect(decode({ id: 17, dest_id: 5 }, "classic")).toMatchObject({ kind: "bad", id: "17" });
  for (const id of ["", "x".repeat(65), true, {}, []]) {
    expect(decode({ id, dest_id: "b" }, "classic")).toMatchObject({ kind: "bad", code: "BAD_MESSAGE" });
  }
});

test("a number of a classic sender that JSON rounds is no id, so that no two are taken for one", () => {
  const decodeId = (id: string) => decodeFrame(`{"id":${id},"dest_id":"b"}`, "classic");
  // Python's integers have no bound, and a 64-bit number is a usual id.
  for (const id of ["9223372036854775806", "9223372036854775807", "9007199254740992", "-9007199254740992", "1e400"]) {
    expect(decodeId(id)).toMatchObject([{ kind: "send", id: undefined, text: `{"id":${id},"dest_id":"b"}` }]);
  }
  expect(decodeId("1.5")).toMatchObject([{ kind: "send", id: undefined }]);
  expect(decodeId("9007199254740991")).toMatchObject([{ kind: "send", id: "9007199254740991" }]);
  expect(decodeId("9007199254740990")).toMatchObject([{ kind: "send", id: "9007199254740990" }]);
  expect(decodeId("-9007199254740991")).toMatchObject([{ kind: "send", id: "-9007199254740991" }]);
  // It asks for no answer by that name either.
  expect(decodeFrame('{"id":9223372036854775807}', "classic")).toEqual([{ kind: "ping" }]);
});

test.each([
  ["one byte each", "x".repeat(128)],
  ["two bytes each", "é".repeat(64)],
  ["three bytes each", `${"€".repeat(42)}xx`],
  ["four bytes each", "😀".repeat(32)],
])("an id of 128 bytes fits and one of 129 does not: %s", (_, id) => {
  expect(Buffer.byteLength(id)).toBe(128);
  expect(isId(id)).toBe(true);
  expect(isId(`${id}x`)).toBe(false);
  for (const field of ["dest_id", "dest_client_id", "dest_session_id"]) {
    expect(decode({ [field]: id })).toMatchObject({ kind: "send", dest: id });
    expect(decode({ [field]: `${id}x` })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE" });
  }
  expect(decode({ dest_id: "b", collapse_key: id })).toMatchObject({ kind: "send", collapseKey: id });
  expect(decode({ dest_id: "b", collapse_key: `${id}x` })).toMatchObject({ kind: "bad" });
  expect(decode({ dest_id: "b", dest_cluster_id: id })).toMatchObject({ kind: "send", cluster: id });
  expect(decode({ dest_id: "b", dest_cluster_id: `${id}x` })).toMatchObject({ kind: "bad" });
});

test.each([
  ["a lone high surrogate", "a\ud800b"],
  ["a lone low surrogate", "a\udc00"],
  ["NUL", "a\u0000"],
  ["a line break", "a\nb"],
  ["DEL", "\u007f"],
  ["a C1 control", "\u0085"],
])("no key can name a node like that, so no message may be stored for it: %s", (_, id) => {
  expect(isId(id)).toBe(false);
  for (const field of ["dest_id", "dest_client_id", "dest_session_id"]) {
    expect(decode({ [field]: id })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE" });
  }
  for (const field of ["collapse_key", "dest_cluster_id"]) {
    expect(decode({ dest_id: "b", [field]: id })).toMatchObject({ kind: "bad", code: "BAD_MESSAGE" });
  }
});

test.each(["~", " ", "\u00a0", "é", "😀", "\u2028", "__proto__"])("any other text is an id: %j", (id) => {
  expect(isId(id)).toBe(true);
  expect(decode({ dest_id: id })).toMatchObject({ kind: "send", dest: id });
});
