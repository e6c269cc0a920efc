/** Drawn on a server nothing connects, and what is missing is said. */
import { createElement, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { AllsparkProvider, useAllspark, useMessages, useSession } from "../../../../src/client/react/index.ts";

function Everything(): ReactNode {
  const { status } = useAllspark();
  return `${status.state}, ${useMessages().length} messages, ${useSession("lobby").isLoading}`;
}

test("shows what is known before it connects, without a call", () => {
  const fetch = () => {
    throw new Error("a server must not call the edge in the name of a browser");
  };
  const page = createElement(
    AllsparkProvider,
    { url: "http://edge.example", authKey: "key", fetch },
    createElement(Everything),
  );
  expect(renderToString(page)).toBe("idle, 0 messages, true");
});

test.each([
  ["useAllspark", () => useAllspark()],
  ["useMessages", () => useMessages()],
  ["useSession", () => useSession("lobby")],
])("%s says that it needs a provider", (name, hook) => {
  const Orphan = () => {
    hook();
    return null;
  };
  expect(() => renderToString(createElement(Orphan))).toThrow(`${name} needs an <AllsparkProvider> above it`);
});

test("options that are wrong are named", () => {
  const page = createElement(AllsparkProvider, { url: "edge.example", authKey: "key" });
  expect(() => renderToString(page)).toThrow("url must start with https:// or http://");
});
