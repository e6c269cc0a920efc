import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../../src/domain/auth/base64.ts";

test("agrees with Node's Buffer on every length and byte", () => {
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
    for (const variant of ["base64", "base64url"] as const) {
      const text = Buffer.from(bytes).toString(variant);
      expect(encodeBase64(bytes, variant)).toBe(text);
      expect(decodeBase64(text, variant)).toEqual(bytes);
    }
  }
});

test("of all texts of four characters' worth, only canonical ones decode", () => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  let decoded = 0;
  for (const a of alphabet) {
    for (const b of alphabet) {
      const bytes = decodeBase64(a + b, "base64url");
      if (bytes === null) continue;
      decoded++;
      expect(encodeBase64(bytes, "base64url")).toBe(a + b);
    }
  }
  // One text for each byte.
  expect(decoded).toBe(256);
});

test.each([
  "A",
  "AA",
  "AAA",
  "AA=",
  "AAA==",
  "A===",
  "====",
  "=",
  "AAAA====",
  "AB==",
  "AAB=",
  "AA AA",
  "AAA\n",
  "AA-_",
  "AAA=AAAA",
  "ÄAAA",
])("refuses %j as base64", (text) => expect(decodeBase64(text, "base64")).toBeNull());

test.each(["A", "AAAAA", "AA==", "AAA=", "AB", "AAB", "AA+/", " AAA", "%41AA"])("refuses %j as base64url", (text) =>
  expect(decodeBase64(text, "base64url")).toBeNull(),
);
