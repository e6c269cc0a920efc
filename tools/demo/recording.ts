/** Where the recording is kept: a picture, and the same as text in a fenced block of a page. */
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
export const PICTURE = join(ROOT, "docs/first-two-minutes.svg");
export const PAGE = join(ROOT, "docs/cli.md");

const BLOCK = /(<!-- recorded by tools\/record-demo\.ts -->\n```console\n)([\s\S]*?)(\n```)/;

/** Throws where the page has no such block. */
export function recordedText(page: string): string {
  const text = BLOCK.exec(page)?.[2];
  if (text === undefined) throw new Error(`${PAGE} has no block for the recording`);
  return text;
}

export function withRecording(page: string, text: string): string {
  recordedText(page);
  return page.replace(BLOCK, (_, before: string, __, after: string) => before + text + after);
}
