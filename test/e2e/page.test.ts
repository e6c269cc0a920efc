/** The page at `/`, driven in a real browser as a newcomer would, against the edge as `npm run serve` runs it. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leavesBrowserOut, openBrowser } from "../support/chromium.ts";
import { type Edge, startEdge } from "../support/edge.ts";

const APPEARS_WITHIN_MS = 15_000;

describe.skipIf(leavesBrowserOut("page"))("the page", () => {
  let browser: Browser;
  let edge: Edge;
  /** What the browser complains of: script errors, blocked resources, CSP. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await openBrowser();
    edge = await startEdge({ env: { ALLSPARK_DEV_KEYS: "true" } });
  });

  afterAll(async () => {
    await browser?.close();
    await edge?.close();
  });

  const open = async (url: string, viewport = { width: 1280, height: 900 }): Promise<Page> => {
    complaints = [];
    const page = await browser.newPage({ viewport });
    page.setDefaultTimeout(APPEARS_WITHIN_MS);
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  };

  test("shows the tour: connect, deliver, take offline, store, bring back, arrive once and in order", async () => {
    const page = await open(edge.url);
    const alice = panel(page, "alice");
    const bob = panel(page, "bob");
    await connect(alice);
    await connect(bob);

    await send(alice, "hello bob");
    await entry(alice, "delivered", "→ bob: hello bob").waitFor();
    await entry(bob, "received", "← alice: hello bob").waitFor();

    await bob.getByRole("button", { name: "Take offline" }).click();
    await status(bob, "offline").waitFor();
    for (const text of ["one", "two", "three"]) {
      await send(alice, text);
      await entry(alice, "stored", `→ bob: ${text}`).waitFor();
    }
    expect(await entry(bob, "received", "").count()).toBe(1);

    await bob.getByRole("button", { name: "Bring back" }).click();
    await entry(bob, "received", "← alice: three").waitFor();
    await send(bob, "thanks");
    await entry(bob, "delivered", "→ alice: thanks").waitFor();
    await entry(alice, "received", "← bob: thanks").waitFor();

    const received = await bob.locator('li[data-outcome="received"] span:first-child').allTextContents();
    expect(received).toEqual(["hello bob", "one", "two", "three"].map((text) => `← alice: ${text}`));
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("brings both nodes back after the edge was killed: nothing lost, nothing shown twice", async () => {
    const page = await open(edge.url);
    const [alice, bob] = await rename(page, "ann", "ben");
    await connect(alice);
    await connect(bob);
    await send(alice, "before");
    await entry(bob, "received", "before").waitFor();

    await edge.restart();
    await status(alice, "the connection ended").waitFor();
    await status(bob, "the connection ended").waitFor();
    await alice.getByRole("button", { name: "Bring back" }).click();
    await status(alice, "online").waitFor();
    await send(alice, "after");
    await entry(alice, "stored", "after").waitFor();
    await bob.getByRole("button", { name: "Bring back" }).click();
    await entry(bob, "received", "after").waitFor();
    expect(await entry(bob, "received", "").count()).toBe(2);
    await page.close();
  });

  test("shows markup in messages and ids as text", async () => {
    const page = await open(edge.url);
    const [alice, bob] = await rename(page, "<b>eve</b>", "fay");
    await connect(alice);
    await connect(bob);
    const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await send(alice, markup);
    await entry(bob, "received", `← <b>eve</b>: ${markup}`).waitFor();
    expect(await page.locator("main img, main script, main b").count()).toBe(0);
    expect(await page.title()).toBe("Allspark");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("fits a phone, and says in which panel one is", async () => {
    const page = await open(edge.url, { width: 360, height: 740 });
    const [width, height] = await page.evaluate(() => [document.documentElement.scrollWidth, innerHeight]);
    expect(width).toBeLessThanOrEqual(360);
    expect(height).toBe(740);
    for (const name of ["alice", "bob"]) {
      expect(await panel(page, name).getByRole("textbox").count()).toBe(3);
    }
    await page.close();
  });

  test("is served with a policy that lets only its own scripts run", async () => {
    const response = await fetch(edge.url);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain("unsafe");
  });

  test("asks for an auth_key where the edge makes none, and connects with it", async () => {
    const production = await startEdge();
    try {
      const page = await open(production.url);
      const alice = panel(page, "alice");
      await alice.getByRole("button", { name: "Connect" }).click();
      await alice.getByText("npm run -s key -- alice").waitFor();
      await alice.getByLabel("auth_key").fill("no-key-at-all");
      await alice.getByRole("button", { name: "Connect" }).click();
      await status(alice, "AUTH_INVALID").waitFor();
      await alice.getByLabel("auth_key").fill(production.key("alice"));
      await connect(alice);
      expect(await status(alice, "online as alice").count()).toBe(1);
      await page.close();
    } finally {
      await production.close();
    }
  });
});

function panel(page: Page, name: string): Locator {
  return page.getByRole("region", { name, exact: true });
}

function status(of: Locator, text: string): Locator {
  return of.getByRole("status").filter({ hasText: text });
}

function entry(of: Locator, outcome: string, text: string): Locator {
  return of.locator(`li[data-outcome="${outcome}"]`).filter({ hasText: text });
}

async function connect(node: Locator): Promise<void> {
  await node.getByRole("button", { name: "Connect" }).click();
  await status(node, "online").waitFor();
}

async function send(from: Locator, text: string): Promise<void> {
  await from.getByLabel("Message", { exact: true }).fill(text);
  await from.getByRole("button", { name: "Send" }).click();
}

/** Gives the two panels other ids, so that a test finds no messages of an earlier one. */
async function rename(page: Page, first: string, second: string): Promise<[Locator, Locator]> {
  await panel(page, "alice").getByLabel("To").fill(second);
  await panel(page, "alice").getByLabel("Node").fill(first);
  await panel(page, "bob").getByLabel("Node").fill(second);
  return [panel(page, first), panel(page, second)];
}
