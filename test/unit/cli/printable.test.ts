import { expect, test } from "vitest";
import { printable, printablePayload } from "../../../src/cli/output/printable.ts";

test("words of any language stay as they are", () => {
  expect(printable("héllo wörld 你好 👋🏽")).toBe("héllo wörld 你好 👋🏽");
});

test.each([
  ["\u001b[31mred\u001b[0m", "\\u001b[31mred\\u001b[0m"],
  ["\u009b2J", "\\u009b2J"],
  ["a\rb\nc\td", "a\\rb\\nc\\td"],
  ["\u007f\u0000\u0007", "\\u007f\\u0000\\u0007"],
  ["\u202eevil\u2066", "\\u202eevil\\u2066"],
  ["a\u2028b", "a\\u2028b"],
])("%j is written out", (text, written) => {
  expect(printable(text)).toBe(written);
});

test("payloads: text as it is, the rest as JSON, all on one line", () => {
  expect(printablePayload("hi\nthere")).toBe("hi\\nthere");
  expect(printablePayload({ a: "\u001b" })).toBe('{"a":"\\u001b"}');
  expect(printablePayload(null)).toBe("null");
  expect(printablePayload(undefined)).toBe("(no payload)");
});
