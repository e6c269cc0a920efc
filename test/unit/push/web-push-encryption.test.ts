/** The RFCs' own examples to the byte (which workerd makes too: test/workers/push), and what another implementation reads. */
import { createECDH, randomBytes } from "node:crypto";
import ece from "http_ece";
import { expect, test } from "vitest";
import { encryptWebPush, MAX_PLAINTEXT_BYTES, MAX_RECORD_BYTES } from "../../../src/push/web-push-encryption.ts";
import { encryptExample, sealExample } from "../../support/push/encrypt-examples.ts";
import { RFC_8188, RFC_8291 } from "../../support/push/web-push-vectors.ts";

function browser() {
  const privateKey = createECDH("prime256v1");
  const publicKey = Uint8Array.from(privateKey.generateKeys());
  const authSecret = Uint8Array.from(randomBytes(16));
  return {
    recipient: { publicKey, authSecret },
    read: (body: Uint8Array) =>
      ece.decrypt(Buffer.from(body), { version: "aes128gcm", privateKey, authSecret: Buffer.from(authSecret) }),
  };
}

test("the example of RFC 8291", async () => {
  expect(await encryptExample()).toBe(RFC_8291.body);
});

test("the example of RFC 8188", async () => {
  expect(await sealExample()).toBe(RFC_8188.body);
});

test.each([0, 1, 40, 2_000, MAX_PLAINTEXT_BYTES])("%d bytes are read by http_ece, padded and not", async (length) => {
  const { recipient, read } = browser();
  const plaintext = randomBytes(length);
  const bare = await encryptWebPush(plaintext, recipient);
  expect(bare).toHaveLength(86 + length + 1 + 16);
  expect(read(bare).equals(plaintext)).toBe(true);
  const padded = await encryptWebPush(plaintext, recipient, MAX_PLAINTEXT_BYTES);
  expect(padded).toHaveLength(MAX_RECORD_BYTES);
  expect(read(padded).equals(plaintext)).toBe(true);
});

test("the largest record is 4,096 bytes, of 3,993 of plaintext", () => {
  expect([MAX_RECORD_BYTES, MAX_PLAINTEXT_BYTES]).toEqual([4_096, 3_993]);
});

test("salt and key are new each time", async () => {
  const { recipient } = browser();
  const [one, other] = await Promise.all([1, 2].map(() => encryptWebPush(new Uint8Array(9), recipient)));
  const part = (body: Uint8Array | undefined, from: number, to: number) => Buffer.from(body ?? []).subarray(from, to);
  expect(part(one, 0, 16).equals(part(other, 0, 16))).toBe(false);
  expect(part(one, 21, 86).equals(part(other, 21, 86))).toBe(false);
});

test("a recipient whose key is no point of the curve is refused", async () => {
  const publicKey = new Uint8Array(65).fill(4);
  await expect(encryptWebPush(new Uint8Array(1), { publicKey, authSecret: new Uint8Array(16) })).rejects.toThrow(
    "no point of P-256",
  );
});
