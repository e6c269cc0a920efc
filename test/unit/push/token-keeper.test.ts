import { expect, test } from "vitest";
import { CachedTokens } from "../../../src/push/cached-tokens.ts";
import { TokenKeeper } from "../../../src/push/token-keeper.ts";
import type { AccessToken, TokenFailure } from "../../../src/push/token-source.ts";

const REUSE_MS = 1_000;

/** A keeper whose tokens are t1, t2, … and whose minting is answered by hand. */
function world(minAgeMs: number) {
  let kept: AccessToken | undefined;
  const asked: ((answer?: TokenFailure) => void)[] = [];
  const store = { load: () => kept, save: (token: AccessToken) => void (kept = token) };
  let keeper = new TokenKeeper(store);
  const mint = (now: number) =>
    new Promise<AccessToken | TokenFailure>((resolve) => {
      const token = `t${asked.length + 1}`;
      asked.push((failure) => resolve(failure ?? { token, mintedAt: now, reuseUntil: now + REUSE_MS }));
    });
  return {
    asked,
    token: (now: number, refused?: string) => keeper.token({ mint, minAgeMs }, refused, now),
    forget: () => void (keeper = new TokenKeeper(store)),
  };
}

test("one is made for all who ask at once, and kept in the store", async () => {
  const { asked, token, forget } = world(0);
  const all = Promise.all([token(0), token(0), token(1)]);
  expect(asked).toHaveLength(1);
  asked[0]!();
  expect(await all).toEqual(Array(3).fill({ token: "t1", mintedAt: 0, reuseUntil: REUSE_MS }));
  forget();
  expect(await token(REUSE_MS - 1)).toMatchObject({ token: "t1" });
  expect(asked).toHaveLength(1);
});

test("at its time another is made", async () => {
  const { asked, token } = world(0);
  const first = token(0);
  asked[0]!();
  await first;
  const second = token(REUSE_MS);
  asked[1]!();
  expect(await second).toMatchObject({ token: "t2", mintedAt: REUSE_MS });
});

test("a failure is told to all who asked, and tried again by the next", async () => {
  const { asked, token } = world(0);
  const failure = { failure: "down", temporary: true };
  const all = Promise.all([token(0), token(0)]);
  asked[0]!(failure);
  expect(await all).toEqual([failure, failure]);
  const next = token(1);
  asked[1]!();
  expect(await next).toMatchObject({ token: "t2" });
});

test("a refused one is replaced, but only while it is the one that is kept", async () => {
  const { asked, token } = world(0);
  const first = token(0);
  asked[0]!();
  await first;
  const both = Promise.all([token(1, "t1"), token(1, "t1")]);
  expect(asked).toHaveLength(2);
  asked[1]!();
  expect(await both).toMatchObject([{ token: "t2" }, { token: "t2" }]);
  expect(await token(2, "t1")).toMatchObject({ token: "t2" });
  expect(asked).toHaveLength(2);
});

test("a refused one that is too young is given out again", async () => {
  const { asked, token } = world(600);
  const first = token(0);
  asked[0]!();
  await first;
  expect(await token(599, "t1")).toMatchObject({ token: "t1" });
  expect(asked).toHaveLength(1);
  const second = token(600, "t1");
  asked[1]!();
  expect(await second).toMatchObject({ token: "t2" });
});

test("an isolate asks once until the token's time is over or it was refused", async () => {
  let now = 0;
  const asked: (string | undefined)[] = [];
  const cache = new CachedTokens(
    async (refused) => {
      asked.push(refused);
      return { token: `t${asked.length}`, mintedAt: now, reuseUntil: now + REUSE_MS };
    },
    () => now,
  );
  await cache.token();
  now = REUSE_MS - 1;
  expect(await cache.token()).toMatchObject({ token: "t1" });
  expect(await cache.token("t1")).toMatchObject({ token: "t2" });
  expect(await cache.token("t1")).toMatchObject({ token: "t2" });
  now = 2 * REUSE_MS - 1;
  expect(await cache.token()).toMatchObject({ token: "t3" });
  expect(asked).toEqual([undefined, "t1", undefined]);
});

test("an isolate whose question fails, or is answered by a failure, asks again", async () => {
  const answers = [
    () => Promise.reject(new Error("no object")),
    () => Promise.resolve({ failure: "wrong key", temporary: false }),
    () => Promise.resolve({ token: "t", mintedAt: 0, reuseUntil: Number.MAX_SAFE_INTEGER }),
  ];
  const cache = new CachedTokens(() => answers.shift()!());
  expect(await cache.token()).toMatchObject({ failure: expect.stringContaining("not be reached"), temporary: true });
  expect(await cache.token()).toEqual({ failure: "wrong key", temporary: false });
  expect(await cache.token()).toMatchObject({ token: "t" });
});
