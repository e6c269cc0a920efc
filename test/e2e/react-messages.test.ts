/** `useMessages` in a browser: what came is shown once and in order, whoever was mounted when it came. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Allspark } from "../../src/client/index.ts";
import { leavesBrowserOut, openBrowser } from "../support/chromium.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { openReactPage, type ReactPage } from "../support/react-page/open.ts";
import type { PageSettings } from "../support/react-page/page.tsx";

describe.skipIf(leavesBrowserOut("react-messages"))("useMessages", () => {
  let browser: Browser;
  let edge: Edge;
  let bob: Allspark;
  let count = 0;
  /** The node of the page; another one for each test. */
  let nodeId: string;

  beforeAll(async () => {
    [browser, edge] = await Promise.all([openBrowser(), startEdge()]);
    bob = new Allspark({ url: edge.url, authKey: edge.key("bob") });
    await bob.connect();
  });

  beforeEach(() => {
    nodeId = `ann-${++count}`;
  });

  afterAll(async () => {
    await bob?.close();
    await browser?.close();
    await edge?.close();
  });

  const open = async (settings: Partial<PageSettings>): Promise<ReactPage> => {
    const options = { url: edge.url, authKey: edge.key(nodeId) };
    const parts = ["provider", "connection", ...(settings.parts ?? ["messages"])];
    const app = await openReactPage(browser, { options, strict: true, ...settings, parts });
    await app.status(`connected ${nodeId}`);
    return app;
  };

  const say = (payload: string) => bob.send({ to: nodeId, payload });

  test("shows what comes, newest last and the newest 200 unless told otherwise", async () => {
    const app = await open({ parts: ["messages", "all messages"], select: { limit: 3 } });
    const said = Array.from({ length: 210 }, (_, i) => `bob: ${i}`);
    await Promise.all(said.map((text) => say(text.slice(5))));
    await app.shows("bob: 209");
    await app.shows("bob: 209", "all messages");
    expect(await app.texts()).toEqual(said.slice(-3));
    expect(await app.texts("all messages")).toEqual(said.slice(-200));
    expect(app.complaints).toEqual([]);
    await app.page.close();
  });

  test("a component that is mounted later, or again, finds what came meanwhile", async () => {
    const app = await open({});
    await say("one");
    await app.shows("bob: one");
    await app.toggle("messages");
    await app.list().waitFor({ state: "detached" });
    expect(await say("two")).toMatchObject({ status: "delivered" });
    await app.toggle("messages");
    await app.toggle("all messages");
    await app.shows("bob: two");
    await app.shows("bob: two", "all messages");
    await say("three");
    await app.shows("bob: three");
    await app.shows("bob: three", "all messages");
    expect(await app.texts()).toEqual(["bob: one", "bob: two", "bob: three"]);
    expect(await app.texts("all messages")).toEqual(["bob: one", "bob: two", "bob: three"]);
    await app.page.close();
  });

  test("before its first use nothing is taken: the edge keeps it", async () => {
    const app = await open({ parts: [] });
    expect(await say("kept")).toMatchObject({ status: "stored" });
    await app.toggle("messages");
    await app.shows("bob: kept");
    await app.page.close();
  });

  test("what comes while the provider is unmounted is there when it is back, and nothing comes twice", async () => {
    const app = await open({ asClient: true });
    await say("one");
    await app.shows("bob: one");
    await app.toggle("provider");
    await app.list().waitFor({ state: "detached" });
    await say("two");
    await app.toggle("provider");
    await app.shows("bob: two");
    expect(await app.texts()).toEqual(["bob: two"]);
    await app.page.close();
  });

  test("goes on after a reconnect: each message once, in order", async () => {
    const app = await open({});
    await say("before");
    await app.shows("bob: before");
    await edge.kill();
    const sent = [say("during"), say("and then")];
    await edge.restart();
    await Promise.all(sent);
    await say("after");
    await app.shows("bob: after");
    expect(await app.texts()).toEqual(["before", "during", "and then", "after"].map((text) => `bob: ${text}`));
    await app.page.close();
  });

  test("chooses by sender, session and a function", async () => {
    const { sessionId } = await bob.sessions.create({ anyoneCanJoin: true });
    await bob.sessions.add(sessionId, nodeId);
    const app = await open({ select: { session: sessionId, from: "bob", textWith: "yes" } });
    const eve = new Allspark({ url: edge.url, authKey: edge.key("eve") });
    // Members that take nothing would hold every ack back for a second.
    const stops = [bob, eve].map((member) => member.on("message", () => {}));
    await eve.connect();
    await eve.sessions.join(sessionId);
    await app.toggle("all messages");
    await bob.send({ toSession: sessionId, payload: "yes, here" });
    await bob.send({ toSession: sessionId, payload: "no" });
    await eve.send({ toSession: sessionId, payload: "yes, of eve" });
    await say("yes, but not in the session");
    await app.shows("bob: yes, but not in the session", "all messages");
    expect(await app.texts("all messages")).toHaveLength(4);
    await app.shows("bob: yes, here");
    expect(await app.texts()).toEqual(["bob: yes, here"]);
    expect(app.complaints).toEqual([]);
    for (const stop of stops) stop();
    await eve.close();
    await app.page.close();
  });

  test("does not draw a component for messages that it does not show", async () => {
    const app = await open({ parts: ["messages", "all messages"], select: { from: "nobody" } });
    const draws = () => app.list().getAttribute("data-draws");
    const before = await draws();
    await say("for the other");
    await app.shows("bob: for the other", "all messages");
    expect(await draws()).toBe(before);
    await app.page.close();
  });
});
