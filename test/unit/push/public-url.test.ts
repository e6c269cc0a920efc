import { describe, expect, test } from "vitest";
import { judgeUrl } from "../../../src/push/public-url.ts";
import { HOSTILE_URLS, PUBLIC_URLS } from "../../support/push/urls.ts";

test.each(PUBLIC_URLS)("%j may be called", (given, href) => {
  expect(judgeUrl(given, false)).toEqual({ href });
});

describe.each(Object.entries(HOSTILE_URLS))("%s", (_, urls) => {
  test.each(urls)("%j may not be called", (url) => {
    expect(judgeUrl(url, false)).toEqual({ problem: expect.stringMatching(/^must be /) as string });
  });
});

test.each([
  ["http://example.com/", "must be an https URL"],
  ["https://u:p@example.com/", "must be a URL without user or password"],
  ["https://127.0.0.1/", "must be at a public host: a full name, or a public address"],
  [`https://example.com/${"a".repeat(3_000)}`, "must be at most 2048 characters long"],
])("%j is told what it must be", (url, problem) => {
  expect(judgeUrl(url, false)).toEqual({ problem });
});

test("2,048 characters are not too long", () => {
  const longest = `https://example.com/${"a".repeat(2_028)}`;
  expect(longest).toHaveLength(2_048);
  expect(judgeUrl(longest, false)).toEqual({ href: longest });
});

test("local development may call anything of http and https, and nothing else", () => {
  for (const url of [
    "http://localhost:8787/hook",
    "https://127.0.0.1/",
    "http://[::1]:9000/",
    "http://printer.local/",
  ]) {
    expect(judgeUrl(url, true)).toEqual({ href: url });
  }
  expect(judgeUrl("ftp://localhost/", true)).toEqual({ problem: "must be an http or https URL" });
  expect(judgeUrl("http://u@localhost/", true)).toEqual({ problem: "must be a URL without user or password" });
});
