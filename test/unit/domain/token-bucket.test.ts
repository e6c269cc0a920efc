import { expect, test } from "vitest";
import { TokenBucket } from "../../../src/domain/token-bucket.ts";

/** 100 tokens a second: one every 10 ms. */
const bucket = () => new TokenBucket(100, 50, 1_000);

test("the burst is there at once, the next token is owed", () => {
  const tokens = bucket();
  for (let i = 0; i < 50; i++) {
    expect(tokens.owedMs(1, 1_000)).toBe(0);
    tokens.take(1);
  }
  expect(tokens.owedMs(1, 1_000)).toBe(10);
  expect(tokens.owedMs(5, 1_000)).toBe(50);
});

test("asking takes nothing", () => {
  const tokens = bucket();
  for (let i = 0; i < 100; i++) expect(tokens.owedMs(50, 1_000)).toBe(0);
});

test("tokens come at their rate, and no more are saved than the burst", () => {
  const tokens = bucket();
  tokens.take(50);
  expect(tokens.owedMs(5, 1_049)).toBeCloseTo(1);
  expect(tokens.owedMs(5, 1_050)).toBe(0);
  expect(tokens.owedMs(50, 1_000_000)).toBe(0);
  expect(tokens.owedMs(51, 1_000_000)).toBe(10);
});

test("what is owed is paid back before anything is free again", () => {
  const tokens = bucket();
  tokens.take(60);
  expect(tokens.owedMs(1, 1_000)).toBe(110);
  expect(tokens.owedMs(1, 1_100)).toBe(10);
  expect(tokens.owedMs(1, 1_110)).toBe(0);
});

test("a clock that steps back hands out nothing twice and takes nothing away", () => {
  const tokens = bucket();
  tokens.take(50);
  expect(tokens.owedMs(1, 500)).toBe(10);
  expect(tokens.owedMs(1, 1_009)).toBeCloseTo(1);
  expect(tokens.owedMs(1, 1_010)).toBe(0);
  expect(tokens.owedMs(1, 0)).toBe(0);
  tokens.take(1);
  expect(tokens.owedMs(1, 1_010)).toBe(10);
});
