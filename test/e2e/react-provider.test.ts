/** `AllsparkProvider` and `useAllspark` in a browser: one connection for as long as the provider is mounted. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Allspark } from "../../src/client/index.ts";
import { leavesBrowserOut, openBrowser } from "../support/chromium.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { APPEARS_WITHIN_MS, openReactPage } from "../support/react-page/open.ts";

describe.skipIf(leavesBrowserOut("react-provider"))("AllsparkProvider", () => {
  let browser: Browser;
  let edge: Edge;

  beforeAll(async () => {
    [browser, edge] = await Promise.all([openBrowser(), startEdge()]);
  });

  afterAll(async () => {
    await browser?.close();
    await edge?.close();
  });

  const options = (nodeId: string) => ({ url: edge.url, authKey: edge.key(nodeId) });

  const connections = async (nodeId: string): Promise<number> => {
    const path = `/v1/nodes/${nodeId}`;
    return (await edge.call<{ connections: unknown[] }>("GET", path, edge.key(nodeId))).body.connections.length;
  };

  test.each([
    ["made from options", false],
    ["given", true],
  ])("StrictMode: a client %s connects once, closes when unmounted, and connects again", async (_, asClient) => {
    const nodeId = asClient ? "ann" : "amy";
    const parts = ["provider", "connection", "messages"];
    const app = await openReactPage(browser, { options: options(nodeId), strict: true, asClient, parts });
    await app.status(`connected ${nodeId}`);
    expect([app.attempts, app.sockets]).toEqual([1, 1]);

    await app.toggle("provider");
    await expect.poll(() => connections(nodeId), { timeout: APPEARS_WITHIN_MS }).toBe(0);

    await app.toggle("provider");
    await app.status(`connected ${nodeId}`);
    expect([app.attempts, app.sockets]).toEqual([2, 2]);
    expect(await connections(nodeId)).toBe(1);
    expect(app.complaints).toEqual([]);
    await app.page.close();
  });

  test("without StrictMode it is the same", async () => {
    const app = await openReactPage(browser, {
      options: options("abe"),
      strict: false,
      parts: ["provider", "connection"],
    });
    await app.status("connected abe");
    expect([app.attempts, app.sockets]).toEqual([1, 1]);
    expect(app.complaints).toEqual([]);
    await app.page.close();
  });

  test("shows that the connection broke and came back", async () => {
    const parts = ["provider", "connection", "messages"];
    const app = await openReactPage(browser, { options: options("ava"), strict: true, parts });
    await app.status("connected ava");
    await edge.kill();
    await app.status(/^(waiting|connecting) ava/);
    await edge.restart();
    await app.status("connected ava");
    const bob = new Allspark(options("bob"));
    await bob.connect();
    await bob.send({ to: "ava", payload: "welcome back" });
    await app.shows("bob: welcome back");
    expect(await app.texts()).toEqual(["bob: welcome back"]);
    await bob.close();
    await app.page.close();
  });

  test("shows why it cannot connect: a bad key, a store that does not open", async () => {
    const parts = ["provider", "connection"];
    const refused = { url: edge.url, authKey: "no-key-at-all" };
    const bad = await openReactPage(browser, { options: refused, strict: true, parts });
    await bad.status(/^failed .*auth_key/);
    const broken = await openReactPage(browser, { options: options("aki"), strict: true, parts, brokenStore: true });
    await broken.status(/^failed .*the disk is full/);
    expect(broken.attempts).toBe(0);
    for (const { complaints, page } of [bad, broken]) {
      expect(complaints).toEqual([]);
      await page.close();
    }
  });
});
