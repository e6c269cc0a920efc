/** The rules of test/unit/push/public-url.test.ts with workerd's own parser of URLs, on which they rest. */
import { expect, test } from "vitest";
import { judgeUrl } from "../../../src/push/public-url.ts";
import { HOSTILE_URLS, PUBLIC_URLS } from "../../support/push/urls.ts";

test("public URLs may be called", () => {
  expect(PUBLIC_URLS.map(([given]) => judgeUrl(given, false))).toEqual(PUBLIC_URLS.map(([, href]) => ({ href })));
});

test("hostile ones may not", () => {
  const hostile = Object.values(HOSTILE_URLS).flat();
  expect(hostile.filter((url) => "href" in judgeUrl(url, false))).toEqual([]);
  expect(hostile.length).toBeGreaterThan(100);
});
