import { expect, test } from "vitest";
import { fitText } from "../../../src/push/fit-text.ts";

const within = (bytes: number) => (text: string) => Buffer.byteLength(text) <= bytes;

test("what fits stays as it is", () => {
  expect(fitText("hello", within(5))).toBe("hello");
});

test.each([
  ["hello world", 9, "hello…"],
  ["hello world", 8, "hello…"],
  ["hello world", 4, "h…"],
  ["hello world", 3, ""],
  ["ßßßß", 7, "ßß…"],
  ["ßßßß", 6, "ß…"],
  ["😀😀😀", 11, "😀😀…"],
  ["😀😀😀", 10, "😀…"],
  ["😀", 3, ""],
])("%s in %i bytes is %s", (text, bytes, short) => {
  expect(fitText(text, within(bytes))).toBe(short);
});
