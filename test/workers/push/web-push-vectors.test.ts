/** The RFCs' examples in the runtime that pushes really leave from. */
import { expect, test } from "vitest";
import { makeVapidKeys } from "../../../src/push/vapid-keys.ts";
import { Vapid } from "../../../src/push/vapid.ts";
import { encryptExample, sealExample } from "../../support/push/encrypt-examples.ts";
import { RFC_8188, RFC_8291, RFC_8292 } from "../../support/push/web-push-vectors.ts";

test("RFC 8291", async () => {
  expect(await encryptExample()).toBe(RFC_8291.body);
});

test("RFC 8188", async () => {
  expect(await sealExample()).toBe(RFC_8188.body);
});

test("RFC 8292: the same words signed, and a pair that is none refused", async () => {
  const { aud, exp, sub } = RFC_8292.claims;
  const [one, other] = [await makeVapidKeys(), await makeVapidKeys()];
  const made = await new Vapid({ ...one, subject: sub }).authorization(`${aud}/x`, (exp - 12 * 3_600) * 1000);
  expect(made.split(".").slice(0, 2)).toEqual(RFC_8292.authorization.split(".").slice(0, 2));
  const mixed = { publicKey: one.publicKey, privateKey: other.privateKey, subject: sub };
  await expect(new Vapid(mixed).authorization(`${aud}/x`, 0)).rejects.toThrow("not the two of one pair");
});
