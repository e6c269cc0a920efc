import { expect, test } from "vitest";
import { readPushHint } from "../../../src/protocol/read-push-hint.ts";

test.each([
  ["nothing", undefined, undefined],
  ["null", null, undefined],
  ["true", true, undefined],
  ["false", false, { off: true }],
  ["an object that says nothing", {}, undefined],
  ["an object whose parts are all empty", { title: " ", body: "\n\u0000", data: {}, silent: false }, undefined],
  ["absent parts as null", { title: null, body: null, data: null, silent: null }, undefined],
  [
    "all of it",
    { title: "T", body: "B", data: { k: "v" }, silent: true },
    { wish: { title: "T", body: "B", data: { k: "v" }, silent: true } },
  ],
  ["parts that are not known", { title: "T", sound: "x", off: true, named: true, wish: {} }, { wish: { title: "T" } }],
  ["silent alone", { silent: true }, { wish: { silent: true } }],
  [
    "text, numbers and booleans of data as text",
    { data: { a: 1, b: -0.5, c: true, d: false, e: "", f: null } },
    { wish: { data: { a: "1", b: "-0.5", c: "true", d: "false", e: "" } } },
  ],
])("reads %s", (_, value, hint) => {
  expect(readPushHint(value)).toEqual(hint);
});

test.each([
  ["a text", "hello", "push must be false or an object"],
  ["a number", 1, "push must be false or an object"],
  ["an array", [], "push must be false or an object"],
  ["a title that is no text", { title: 7 }, "push.title must be text"],
  ["a body that is no text", { body: ["secret"] }, "push.body must be text"],
  ["silent as text", { silent: "true" }, "push.silent must be true or false"],
  ["data as text", { data: "secret" }, "push.data must be an object"],
  ["data as an array", { data: ["secret"] }, "push.data must be an object"],
  ["data with an object in it", { data: { a: {} } }, "push.data must hold text, numbers and booleans alone"],
  ["data with an array in it", { data: { a: [] } }, "push.data must hold text, numbers and booleans alone"],
])("refuses %s", (_, value, problem) => {
  expect(readPushHint(value)).toEqual({ problem });
});

test.each([
  [
    "line breaks, tabs and control characters of a title",
    "title",
    "\u0007 a\r\nb\tc\u001b[31md\u009f\u2028e ",
    "a b c[31md e",
  ],
  ["control characters of a body, whose line breaks stay", "body", "a\r\nb\rc\u2029d\u0000\u007f\te", "a\nb\nc\nd e"],
  ["what turns the direction of a title", "title", "invoice\u202egpj.exe\u202c\u2066x\u2069", "invoicegpj.exex"],
  ["what turns the direction of a body", "body", "\u202a\u202b\u202d\u2067\u2068a", "a"],
  ["a lone surrogate", "title", "a\ud83d", "a\ufffd"],
  ["space at the ends", "body", "\n\u00a0 a b \ufeff\n", "a b"],
])("cleans %s", (_, part, text, clean) => {
  expect(readPushHint({ [part]: text })).toEqual({ wish: { [part]: clean } });
});

test("leaves what belongs to a script or an emoji", () => {
  const title = "שלום \u200f! 👩\u200d👧 é 漢字";
  expect(readPushHint({ title })).toEqual({ wish: { title } });
});

test.each([
  ["title", 200],
  ["body", 1_000],
] as const)("%s may be %d bytes long, after it was cleaned", (part, bytes) => {
  const longest = "é".repeat(bytes / 2);
  expect(readPushHint({ [part]: `\n\u0000${longest}\n` })).toEqual({ wish: { [part]: longest } });
  for (const tooLong of [`${longest}x`, "a".repeat(bytes + 1), "a".repeat(1_000_000)]) {
    expect(readPushHint({ [part]: tooLong })).toEqual({ problem: `push.${part} is longer than ${bytes} bytes` });
  }
});

test("data may be 1,500 bytes of JSON", () => {
  const data = { k: "é".repeat(746) };
  expect(new TextEncoder().encode(JSON.stringify(data))).toHaveLength(1_500);
  expect(readPushHint({ data })).toEqual({ wish: { data } });
  const problem = "push.data is longer than 1500 bytes of JSON";
  expect(readPushHint({ data: { k: `${data.k}x` } })).toEqual({ problem });
  expect(readPushHint({ data: { k: '"'.repeat(750) } })).toEqual({ problem });
});

test("data may have 32 members, those that are null not counted", () => {
  const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, ""]));
  expect(readPushHint({ data: { ...members(32), none: null } })).toEqual({ wish: { data: members(32) } });
  expect(readPushHint({ data: members(33) })).toEqual({ problem: "push.data has more than 32 members" });
});

test("a member called __proto__ is one as any other", () => {
  const hint = readPushHint(JSON.parse('{"data":{"__proto__":"x"},"__proto__":{"title":"T"}}'));
  expect(JSON.stringify(hint)).toBe('{"wish":{"data":{"__proto__":"x"}}}');
});
