/** How far the clock of who mints keys may be off: the real limit of docs/protocol.md, written out here, for each form. */
import { expect, test } from "vitest";
import { verifyAuthKey } from "../../../src/http/auth/auth-key.ts";
import { mintAuthKey } from "../../../src/http/auth/mint.ts";
import { authConfig } from "../auth/config.ts";
import { FIRST, T } from "../auth/vectors.ts";

const TAKEN = { ok: true };
const REFUSED = { ok: false };

test.each(["jwt", "v2", "v1"] as const)(
  "%s: minted by a clock that is 60 s ahead, and not one that is more",
  async (format) => {
    const key = await mintAuthKey({ nodeId: "n", format }, FIRST, T);
    expect(await verifyAuthKey(key, authConfig(), T - 60_000)).toMatchObject(TAKEN);
    expect(await verifyAuthKey(key, authConfig(), T - 60_001)).toMatchObject(REFUSED);
  },
);

test("a JWT is good for 60 s after its end, and not longer", async () => {
  const key = await mintAuthKey({ nodeId: "n", format: "jwt", ttlSeconds: 10 }, FIRST, T);
  expect(await verifyAuthKey(key, authConfig(), T + 10_000 + 59_999)).toMatchObject(TAKEN);
  expect(await verifyAuthKey(key, authConfig(), T + 10_000 + 60_000)).toMatchObject({
    ...REFUSED,
    code: "AUTH_EXPIRED",
  });
});
