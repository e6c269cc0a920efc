/** The package as `npm run build` makes it, for tests of what is published: built when something of it has changed, once. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["src", "tools/build.ts", "tsconfig.base.json", "package.json", "package-lock.json"];
const BUILT = join(ROOT, "dist/package/client.js");
const STATE = join(ROOT, "dist/package.state");
const LOCK = join(ROOT, "dist/package.lock");
const BUILT_WITHIN_MS = 120_000;
const POLL_MS = 50;

/** Resolves when dist/package is built from the sources as they are now. Files that run at the same time wait for one another. */
export async function builtPackage(): Promise<void> {
  await locked(async () => {
    if ((await readFile(STATE, "utf8").catch(() => "")) === (await state())) return;
    await promisify(execFile)(process.execPath, ["tools/build.ts"], { cwd: ROOT });
    await writeFile(STATE, await state());
  });
}

/** Of what it is built from, and of what was built: somebody else may have built meanwhile. */
async function state(): Promise<string> {
  const hash = createHash("sha256");
  for (const source of SOURCES) await add(hash, join(ROOT, source));
  const built = await stat(BUILT).catch(() => undefined);
  return `${hash.digest("hex")} ${built?.mtimeMs}`;
}

async function add(hash: ReturnType<typeof createHash>, path: string): Promise<void> {
  const found = await stat(path);
  if (!found.isDirectory()) hash.update(`${path} ${found.mtimeMs} ${found.size}\n`);
  else for (const name of (await readdir(path)).sort()) await add(hash, join(path, name));
}

/** Making a directory is the one thing that only one of several processes can do. */
async function locked(act: () => Promise<void>): Promise<void> {
  await mkdir(join(ROOT, "dist"), { recursive: true });
  const deadline = Date.now() + BUILT_WITHIN_MS;
  while (!(await hasTaken())) {
    if (Date.now() > deadline) throw new Error(`${LOCK} is there for too long: remove it`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  try {
    await act();
  } finally {
    await rm(LOCK, { recursive: true });
  }
}

async function hasTaken(): Promise<boolean> {
  try {
    await mkdir(LOCK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  // What a killed test run left behind must not stop the next.
  const age = await stat(LOCK).then(
    (found) => Date.now() - found.mtimeMs,
    () => 0,
  );
  if (age > BUILT_WITHIN_MS / 2) await rm(LOCK, { recursive: true, force: true });
  return false;
}
