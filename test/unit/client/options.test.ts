/** What an app may set. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { Allspark, AllsparkError } from "../../../src/client/index.ts";
import { settingsOf } from "../../../src/client/options.ts";

afterEach(() => vi.unstubAllGlobals());

const URL_MUST = "url must start with https:// or http://, and have no user, query or fragment";
const right = { url: "https://edge.example", authKey: "key" };

describe("a wrong option is named at once", () => {
  test.each([
    [{ url: "wss://edge.example" }, URL_MUST],
    [{ url: "https://" }, URL_MUST],
    [{ url: "https://a b" }, URL_MUST],
    [{ url: "https://edge.example:99999" }, URL_MUST],
    [{ url: "https://user:password@edge.example" }, URL_MUST],
    [{ url: "https://edge.example/?a=b" }, URL_MUST],
    [{ authKey: "" }, "authKey must be a key, or a function"],
    [{ authKey: "two\nlines" }, "authKey must be a key, or a function"],
    [{ authKey: undefined as never }, "authKey must be a key, or a function"],
    [{ connectTimeoutMs: 0 }, "connectTimeoutMs must be a number above 0"],
    [{ maxQueuedMessages: Number.NaN }, "maxQueuedMessages must be a number above 0"],
    [{ reconnectCapMs: -1 }, "reconnectCapMs must be a number above 0"],
  ])("%j", (wrong, message) => {
    const make = () => new Allspark({ ...right, ...wrong });
    expect(make).toThrow(AllsparkError);
    expect(make).toThrow(expect.objectContaining({ code: "BAD_OPTION", message }) as Error);
  });
});

test.each(["WebSocket", "fetch"] as const)("without a global %s it asks for the option", (name) => {
  vi.stubGlobal(name, undefined);
  expect(() => new Allspark(right)).toThrow(`there is no global ${name} here: give the option ${name}`);
  const given = { WebSocket: class {} as never, fetch: (() => {}) as never };
  expect(new Allspark({ ...right, ...given }).status.state).toBe("idle");
});

test("no time is longer than a timer takes", () => {
  expect(settingsOf({ ...right, pongTimeoutMs: Infinity }).pongTimeoutMs).toBe(2 ** 31 - 1);
});

test("slashes at the end of the url do not count", () => {
  expect(settingsOf({ ...right, url: "https://edge.example/base//" }).url).toBe("https://edge.example/base");
});

test.each(["HTTPS://edge.example", "http://[::1]:8787", "http://localhost:8787/base/@x"])("%s is a url", (url) => {
  expect(settingsOf({ ...right, url }).url).toBe(url);
});
