/**
 * A project that has installed the package as npm packs it: its tarball unpacked into node_modules, with what it depends on, and
 * nothing else, beside it. So what a file misses that is not packed, or a dependency that is not declared, fails here. No network.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { builtPackage } from "./built-package.ts";
import { ROOT } from "./public-api.ts";

const run = promisify(execFile);

export class Consumer {
  readonly directory: string;
  /** Of the package, from its own root. */
  readonly packed: readonly string[];

  constructor(directory: string, packed: readonly string[]) {
    this.directory = directory;
    this.packed = packed;
  }

  /** A path in the project. */
  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(this.path(name), text);
  }

  /** Puts a package of this repository beside it, as `npm install` would. */
  async install(name: string): Promise<void> {
    const to = this.path("node_modules", name);
    await mkdir(dirname(to), { recursive: true });
    await symlink(join(ROOT, "node_modules", name), to).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }

  /** Runs Node in the project; answers what it printed. Rejects with its output where it fails. */
  async node(args: string[], env: Record<string, string> = {}): Promise<string> {
    const { stdout } = await run(process.execPath, args, {
      cwd: this.directory,
      env: { ...process.env, ...env },
      timeout: 60_000,
    });
    return stdout;
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}

export async function startConsumer(): Promise<Consumer> {
  await builtPackage();
  const directory = await mkdtemp(join(tmpdir(), "allspark-consumer-"));
  const home = join(directory, "node_modules/allspark");
  await mkdir(home, { recursive: true });
  // It is built already; prepare would build it again under the feet of other tests.
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", directory], {
    cwd: ROOT,
  });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  await run("tar", ["-xzf", join(directory, packed!.filename), "--strip-components=1", "-C", home]);
  await writeFile(join(directory, "package.json"), JSON.stringify({ name: "consumer", type: "module" }));
  const consumer = new Consumer(
    directory,
    packed!.files.map(({ path }) => path),
  );
  const { dependencies } = JSON.parse(await readFile(join(home, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) await consumer.install(name);
  return consumer;
}
