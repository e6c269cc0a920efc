/** Headless Chromium where the machine has it. Pages get text from the test, and answer what they have seen. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const CHROMIUM = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";

/** As root there is no sandbox to have; the rest keeps the browser from calling its maker's hosts. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whether tests that need it are left out; in CI they never are. Says so once a file. */
export function leavesBrowserOut(what: string): boolean {
  const isMissing = !existsSync(CHROMIUM);
  if (isMissing) console.log(`${what}: ${CHROMIUM} is not there (Debian's package chromium), so this is not tested`);
  return isMissing && process.env["CI"] !== "true";
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}
