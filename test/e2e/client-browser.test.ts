/** The client library in headless Chromium against the real edge: reloads, tabs, a network that goes and returns. */
import { createServer, type Server } from "node:http";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Allspark } from "../../src/client/index.ts";
import { leavesBrowserOut, openBrowser } from "../support/chromium.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { Signal } from "../support/signal.ts";

const WITHIN_MS = 20_000;

/** What test/support/client-page.ts puts into the page. */
interface App {
  run(url: string, node: string, kind: string): Promise<void>;
  received(): string[];
  states: string[];
  sendMany(to: string, from: number, count: number): void;
  allspark: Allspark;
}

describe.skipIf(leavesBrowserOut("client in a browser"))("in a browser", () => {
  let browser: Browser;
  let edge: Edge;
  let site: Server;
  let origin: string;
  let context: BrowserContext;
  /** The other side, in Node. */
  let peer: Allspark;
  let peerGot: string[];
  let node: string;
  let peerName: string;
  let count = 0;
  const signal = new Signal();

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: ["test/support/client-page.ts"],
      bundle: true,
      format: "iife",
      write: false,
    });
    site = createServer((request, response) => {
      const isScript = request.url === "/app.js";
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(
        isScript ? outputFiles[0]!.text : '<!doctype html><title>app</title><script src="/app.js"></script>',
      );
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(site.address() as { port: number }).port}`;
    [browser, edge] = await Promise.all([openBrowser(), startEdge()]);
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    site?.close();
    await edge?.close();
  });

  beforeEach(async () => {
    node = `page-${++count}`;
    peerName = `peer-${count}`;
    peerGot = [];
    peer = new Allspark({ url: edge.url, authKey: () => edge.key(peerName), reconnectBaseMs: 100 });
    peer.on("message", ({ payload }) => {
      peerGot.push(String(payload));
      signal.changed();
    });
    await peer.connect();
    context = await browser.newContext();
    await context.exposeFunction("authKey", (name: string) => edge.key(name));
  });

  afterEach(async () => {
    await context.close();
    await peer.close();
  });

  const open = async (kind: string): Promise<Page> => {
    const page = await context.newPage();
    page.setDefaultTimeout(WITHIN_MS);
    await page.goto(origin);
    await start(page, kind);
    return page;
  };
  const start = (page: Page, kind: string): Promise<void> =>
    page.evaluate(
      ([url, name, store]) => (globalThis as unknown as App).run(url!, name!, store!),
      [edge.url, node, kind],
    );
  const received = (page: Page): Promise<string[]> => page.evaluate(() => (globalThis as unknown as App).received());
  const receives = (page: Page, total: number): Promise<unknown> =>
    page.waitForFunction((n) => (globalThis as unknown as App).received().length >= n, total);
  const sendMany = (page: Page, from: number, many: number): Promise<void> =>
    page.evaluate(([to, first, n]) => (globalThis as unknown as App).sendMany(String(to), Number(first), Number(n)), [
      peerName,
      from,
      many,
    ] as const);
  const peerHas = (total: number): Promise<void> =>
    signal.until(
      () => peerGot.length >= total,
      WITHIN_MS,
      () => `${total} messages at the peer, there are ${peerGot.length}`,
    );
  const numbers = (total: number): string[] => Array.from({ length: total }, (_, i) => String(i));

  test.each(["localStorage", "indexedDB"])(
    "%s: a page that is reloaded in mid-send loses nothing and sends nothing twice",
    async (kind) => {
      const page = await open(kind);
      for (let round = 0; round < 5; round++) {
        await sendMany(page, round * 40, 40);
        await page.reload();
        await start(page, kind);
      }
      await peerHas(200);
      await page.waitForFunction(() => (globalThis as unknown as App).allspark.unacked === 0);
      expect(peerGot).toEqual(numbers(200));
    },
  );

  test.each([
    ["localStorage", (got: string[]) => got],
    // It writes in the background, and may not have noted what the app took in the very moment of the reload.
    ["indexedDB", (got: string[]) => [...new Set(got)]],
  ] as const)(
    "%s: a page that is reloaded while messages come gets each of them once, in order",
    async (kind, judged) => {
      const page = await open(kind);
      const sending = (async () => {
        for (let i = 0; i < 200; i++) await peer.send({ to: node, payload: i });
      })();
      for (let round = 1; round <= 4; round++) {
        await receives(page, round * 30);
        await page.reload();
        await start(page, kind);
      }
      await sending;
      await receives(page, 200);
      expect(judged(await received(page))).toEqual(numbers(200));
    },
  );

  test("two tabs of one node share its store: every message reaches one of them, and what a closed tab left unsent goes out", async () => {
    const [first, second] = [await open("localStorage"), await open("localStorage")];
    for (let i = 0; i < 40; i++) await peer.send({ to: node, payload: i });
    await receives(first, 40);
    expect((await received(first)).map(Number).sort((a, b) => a - b)).toEqual(numbers(40).map(Number));

    await edge.kill();
    await sendMany(second, 0, 10);
    expect(await second.evaluate(() => (globalThis as unknown as App).allspark.unacked)).toBe(10);
    await second.close();
    await edge.restart();
    await first.reload();
    await start(first, "localStorage");
    await peerHas(10);
    expect(peerGot).toEqual(numbers(10));
  });

  test("comes back when the network does, and sends what was said meanwhile", async () => {
    const page = await open("localStorage");
    await context.setOffline(true);
    // Offline, a browser keeps the sockets that it has, so the edge breaks this one.
    await edge.restart();
    await page.waitForFunction(() => (globalThis as unknown as App).states.at(-1) === "waiting");
    await sendMany(page, 0, 20);
    await context.setOffline(false);
    await peerHas(20);
    expect(peerGot).toEqual(numbers(20));
  });
});
