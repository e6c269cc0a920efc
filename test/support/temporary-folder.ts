/** Folders of a test run, which go with it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];

/** A new empty folder; removed when the process ends. */
export function temporaryFolder(name: string): string {
  if (made.length === 0) {
    process.once("exit", () => {
      for (const folder of made) rmSync(folder, { recursive: true, force: true });
    });
  }
  const folder = mkdtempSync(join(tmpdir(), `allspark-${name}-`));
  made.push(folder);
  return folder;
}
