import { expect, test } from "vitest";
import { id, messageType, seconds, whole } from "../../../src/cli/option-values.ts";

test("whole numbers within their bounds", () => {
  expect(whole(2, 5)("2")).toBe(2);
  expect(whole(2, 5)("5")).toBe(5);
  for (const text of ["1", "6", "", "2.5", "-3", "1e3", "0x3", "three"]) {
    expect(() => whole(2, 5)(text)).toThrow("It must be a whole number, 2 to 5.");
  }
  expect(() => whole(0)("9007199254740993")).toThrow("0 or above");
});

test("seconds become ms", () => {
  expect(seconds("2")).toBe(2_000);
  expect(seconds("0.25")).toBe(250);
  // Beyond it a timer would fire at once.
  for (const text of ["0", "", "-1", "1e3", "soon", "2000001"])
    expect(() => seconds(text)).toThrow("a number of seconds");
});

test("types of messages, but not the protocol's own", () => {
  expect(messageType("0")).toBe(0);
  expect(messageType("200")).toBe(200);
  for (const type of ["100", "199"]) expect(() => messageType(type)).toThrow("the protocol's own");
});

test("ids", () => {
  expect(id("alice")).toBe("alice");
  for (const text of ["", "a\nb", "ä".repeat(65)]) expect(() => id(text)).toThrow("1 to 128 bytes");
});
