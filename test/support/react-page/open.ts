/** Opens the app of page.tsx in a browser, bundled as an app's own build would, against the package as it is built. */
import { build } from "esbuild";
import type { Browser, Locator, Page } from "playwright-core";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { builtPackage } from "../built-package.ts";
import type { PageSettings } from "./page.tsx";

export const APPEARS_WITHIN_MS = 10_000;

export class ReactPage {
  readonly page: Page;
  /** Script errors, and what React warns of. */
  readonly complaints: string[] = [];
  /** Calls of the edge, as method and path. */
  readonly requests: string[] = [];
  /** Sockets that were opened. */
  sockets = 0;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(APPEARS_WITHIN_MS);
    page.on("request", (request) => this.requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
    page.on("websocket", () => this.sockets++);
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      const isNetwork = message.text().startsWith("Failed to load resource") || message.text().includes("WebSocket");
      if (["error", "warning"].includes(message.type()) && !isNetwork) this.complaints.push(message.text());
    });
  }

  /** Times that it asked the edge for a connection. */
  get attempts(): number {
    return this.requests.filter((request) => request === "POST /v1/connections").length;
  }

  /** Mounts or unmounts a part. */
  toggle(part: string): Promise<void> {
    return this.page.getByLabel(part, { exact: true }).and(this.page.getByRole("checkbox")).click();
  }

  /** Resolves when the connection is in that state. */
  status(text: string | RegExp): Promise<void> {
    return this.page.getByRole("status").filter({ hasText: text }).waitFor();
  }

  /** A list of messages. */
  list(name = "messages"): Locator {
    return this.page.getByRole("list", { name, exact: true });
  }

  /** Resolves when the list shows this text. */
  shows(text: string, name = "messages"): Promise<void> {
    return this.list(name).getByText(text, { exact: true }).waitFor();
  }

  texts(name = "messages"): Promise<string[]> {
    return this.list(name).getByRole("listitem").allTextContents();
  }

  /** Something of the session, by its title. */
  session(title: string, text: string | RegExp): Promise<void> {
    return this.page.getByTitle(title, { exact: true }).filter({ hasText: text }).waitFor();
  }

  /** A member as it is shown: its name, and whether it is online. */
  member(text: string): Locator {
    return this.page.getByRole("region", { name: "session" }).getByRole("listitem").filter({ hasText: text });
  }
}

let bundle: Promise<string> | undefined;

export async function openReactPage(browser: Browser, settings: PageSettings): Promise<ReactPage> {
  const script = await (bundle ??= bundled());
  const server = await servePage(script);
  const page = await browser.newPage();
  page.on("close", () => server.close());
  const opened = new ReactPage(page);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.evaluate((given) => (globalThis as unknown as { start(given: unknown): void }).start(given), settings);
  return opened;
}

/** From a real address: a page that a test answers for itself may not reach addresses of this machine. */
function servePage(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === "/app.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(
      isScript ? script : '<!doctype html><link rel="icon" href="data:," /><body><script src="app.js"></script>',
    );
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function bundled(): Promise<string> {
  await builtPackage();
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("page.tsx", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    jsx: "automatic",
    // Without the tsconfig's paths `allspark/…` is what the package's exports name.
    tsconfigRaw: {},
    // StrictMode mounts everything twice only where React is built for development.
    define: { "process.env.NODE_ENV": '"development"' },
  });
  return outputFiles[0]!.text;
}
