/** `useSession` in a browser: joins, shows who is there, follows changes, and says when it is over or cannot be. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Allspark } from "../../src/client/index.ts";
import { leavesBrowserOut, openBrowser } from "../support/chromium.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { APPEARS_WITHIN_MS, openReactPage, type ReactPage } from "../support/react-page/open.ts";
import type { PageSettings } from "../support/react-page/page.tsx";

describe.skipIf(leavesBrowserOut("react-session"))("useSession", () => {
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

  const open = (settings: Partial<PageSettings>): Promise<ReactPage> => {
    const options = { url: edge.url, authKey: edge.key(nodeId) };
    const parts = ["provider", "connection", "session"];
    return openReactPage(browser, { options, strict: true, join: true, parts, ...settings });
  };

  const lobby = async (): Promise<string> =>
    (await bob.sessions.create({ anyoneCanJoin: true, presence: true })).sessionId;

  test("joins once, shows who is there and what changes, and sends", async () => {
    const session = await lobby();
    const joins: string[] = [];
    bob.on("session", (event) => event.session === session && joins.push(event.kind));
    const app = await open({ session });
    await app.session("state", "ready");
    await app.session("me", nodeId);
    await app.session("id", session);
    await app.member("bob true").waitFor();
    await app.member(`${nodeId} true`).waitFor();

    const eve = new Allspark({ url: edge.url, authKey: edge.key("eve") });
    await eve.sessions.join(session);
    await app.member("eve false").waitFor();
    await eve.connect();
    await app.member("eve true").waitFor();
    await eve.sessions.leave(session);
    await app.member("eve").waitFor({ state: "detached" });
    await eve.close();

    const heard = new Promise((resolve) => bob.on("message", resolve));
    await app.page.getByRole("button", { name: "Greet" }).click();
    expect(await heard).toMatchObject({ from: nodeId, session, payload: "hello all" });
    await app.page
      .locator("output")
      .filter({ hasText: /^(delivered|stored)$/ })
      .waitFor();
    expect(joins.filter((kind) => kind === "joined")).toHaveLength(2);
    expect(app.requests.filter((request) => request === "POST /join_session")).toHaveLength(1);
    expect(app.complaints).toEqual([]);
    await app.page.close();
  });

  test("follows another session when the id changes, and none without one", async () => {
    const [first, second] = [await lobby(), await lobby()];
    const app = await open({ session: first });
    await app.session("id", first);
    const id = app.page.getByLabel("id", { exact: true });
    await id.fill(second);
    await app.session("id", second);
    await app.session("state", "ready");
    await bob.sessions.add(first, "somebody-else");
    await bob.sessions.add(second, "somebody");
    await app.member("somebody").waitFor();
    expect(await app.member("somebody-else").count()).toBe(0);
    await id.fill("");
    await app.session("me", "nobody");
    await app.page.getByRole("button", { name: "Greet" }).click();
    await app.page.locator("output").filter({ hasText: "no session is named" }).waitFor();
    await app.page.close();
  });

  test("an anonymous member of a game learns its name and who is master", async () => {
    const { sessionId } = await bob.sessions.create({ anyoneCanJoin: true, game: true });
    const app = await open({ session: sessionId, join: { anonymous: true } });
    await app.session("me", /^anon-/);
    await app.session("master", "false");
    await bob.sessions.leave(sessionId);
    await app.session("master", "true");
    expect(await app.member("bob").count()).toBe(0);
    await app.page.close();
  });

  test("says that it is over: removed, closed", async () => {
    const [first, second] = [await lobby(), await lobby()];
    const app = await open({ session: first });
    await app.session("state", "ready");
    await bob.sessions.remove(first, nodeId);
    await app.session("state", "removed");
    await app.page.getByLabel("id", { exact: true }).fill(second);
    await app.session("state", "ready");
    await bob.sessions.close(second);
    await app.session("state", "closed");
    expect(app.complaints).toEqual([]);
    await app.page.close();
  });

  test("shows what was refused, and tries again what may pass", async () => {
    const session = await lobby();
    const app = await open({ session: "there-is-none" });
    await app.session("state", "SESSION_UNKNOWN");
    let failures = 2;
    await app.page.route(`${edge.url}/join_session`, (route) =>
      failures-- > 0 ? route.abort("connectionfailed") : route.continue(),
    );
    await app.page.getByLabel("id", { exact: true }).fill(session);
    await app.session("state", "ready");
    expect(failures).toBeLessThan(0);
    await app.page.close();
  });

  test("without being asked to join it does not", async () => {
    const session = await lobby();
    const app = await open({ session, join: false });
    await app.session("state", "SESSION_UNAUTHORIZED");
    expect((await bob.sessions.info(session)).memberCount).toBe(1);
    await app.page.close();
  });

  test("reads the session again after a reconnect", async () => {
    const session = await lobby();
    const app = await open({ session });
    await app.session("state", "ready");
    await app.status(`connected ${nodeId}`);
    const before = app.requests.length;
    const since = () => app.requests.slice(before);
    await edge.restart();
    await app.status(`connected ${nodeId}`);
    await expect.poll(since, { timeout: APPEARS_WITHIN_MS }).toContain(`GET /v1/sessions/${session}`);
    await bob.sessions.add(session, "newcomer");
    await app.member("newcomer").waitFor();
    await app.session("state", "ready");
    expect(since()).not.toContain("POST /join_session");
    await app.page.close();
  });

  test("stops following when it is unmounted, and the node stays a member", async () => {
    const session = await lobby();
    const app = await open({ session });
    await app.session("state", "ready");
    await app.toggle("session");
    await app.page.getByRole("region", { name: "session" }).waitFor({ state: "detached" });
    expect((await bob.sessions.info(session)).members.map(({ name }) => name)).toEqual(["bob", nodeId]);
    await app.toggle("session");
    await app.member(nodeId).waitFor();
    await app.page.close();
  });
});
