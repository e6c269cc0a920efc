import { createECDH, ECDH } from "node:crypto";
import { expect, test } from "vitest";
import { isP256Point } from "../../../src/domain/push/p256-point.ts";

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;

function point(x: bigint, y: bigint): Uint8Array {
  const hex = (number: bigint) => number.toString(16).padStart(64, "0");
  return Uint8Array.from(Buffer.from(`04${hex(x)}${hex(y)}`, "hex"));
}

test("every public key is a point, and with any one bit changed none", () => {
  const key = createECDH("prime256v1").generateKeys();
  expect(isP256Point(key)).toBe(true);
  for (let bit = 0; bit < key.length * 8; bit++) {
    const changed = Uint8Array.from(key);
    changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
    if (isP256Point(changed)) throw new Error(`with bit ${bit} changed it is one too`);
  }
});

test("coordinates are below the field's prime", () => {
  // OpenSSL finds y for an x of 0 from the compressed form.
  const compressed = Buffer.concat([Buffer.from([2]), Buffer.alloc(32)]);
  const hex = ECDH.convertKey(compressed, "prime256v1", undefined, "hex", "uncompressed") as string;
  const y = BigInt(`0x${hex.slice(66)}`);
  expect(isP256Point(point(0n, y))).toBe(true);
  expect(isP256Point(point(0n, P - y))).toBe(true);
  // The same point to a calculation modulo P, and a second spelling of a key.
  expect(isP256Point(point(P, y))).toBe(false);
});
