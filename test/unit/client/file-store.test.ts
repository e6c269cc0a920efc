/** The journal: crashes, locks, growth. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fileStore } from "../../../src/client/storage/file.ts";
import { Signal } from "../../support/signal.ts";

function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "allspark-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "alice.journal");
}

/** A child that writes numbers until it is killed; answers what waits for the nth, and what kills it. */
function writer(path: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../support/journal-writer.ts"), path]);
  const signal = new Signal();
  let printed = "";
  let complaints = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    signal.changed();
  });
  child.stderr.on("data", (text: Buffer) => (complaints += text.toString()));
  const last = () => Number(printed.slice(0, printed.lastIndexOf("\n")).split("\n").at(-1));
  return {
    pid: child.pid!,
    last,
    wrote: (count: number) =>
      signal.until(
        () => last() >= count,
        30_000,
        () => `number ${count}: ${complaints}`,
      ),
    kill: async () => {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

test("what was written survives kill -9, and the lock that is left keeps nobody out", async () => {
  const path = freshPath();
  for (let life = 0; life < 2; life++) {
    const { wrote, kill, last } = writer(path);
    await wrote(200);
    await kill();
    const store = fileStore(path);
    const kept = await store.load();
    expect(Number(kept.get("last"))).toBeGreaterThanOrEqual(last());
    expect(kept.size).toBe(51);
    await store.close?.();
  }
}, 60_000);

test("a living process keeps others out, until it ends", async () => {
  const path = freshPath();
  const { wrote, kill, pid } = writer(path);
  await wrote(1);
  const store = fileStore(path);
  await expect(async () => store.load()).rejects.toMatchObject({
    name: "AllsparkError",
    code: "STORAGE",
    message: `process ${pid} has ${path} open: give each its own file`,
  });
  await wrote(5);
  await kill();
  expect((await store.load()).has("last")).toBe(true);
  await store.close?.();
}, 60_000);

test("the same file twice in one program is refused, and again possible after close()", async () => {
  const path = freshPath();
  const [first, second] = [fileStore(path), fileStore(path)];
  await first.load();
  await expect(async () => second.load()).rejects.toMatchObject({ code: "STORAGE" });
  await first.write(new Map([["a", "1"]]));
  await second.close?.();
  await expect(async () => second.load()).rejects.toMatchObject({ code: "STORAGE" });
  await first.close?.();
  expect(await second.load()).toEqual(new Map([["a", "1"]]));
  await second.close?.();
});

test("a crashed process that had this one's id keeps it not out", async () => {
  const path = freshPath();
  writeFileSync(`${path}.${process.pid}.lock`, "");
  const store = fileStore(path);
  await store.load();
  await store.close?.();
  expect(readdirSync(join(path, "..")).filter((name) => name.endsWith(".lock"))).toEqual([]);
});

test("a line that a crash cut short spoils nothing, before it or after it", async () => {
  const path = freshPath();
  const first = fileStore(path);
  await first.load();
  await first.write(new Map([["a", "1"]]));
  // The disk is full in the middle of a write, and the program goes on.
  appendFileSync(path, '\n[["b","lo');
  await first.write(new Map([["c", "3"]]));
  await first.close?.();
  appendFileSync(path, '\n[["a","to');
  const second = fileStore(path);
  expect(await second.load()).toEqual(
    new Map([
      ["a", "1"],
      ["c", "3"],
    ]),
  );
  await second.close?.();
});

test("the journal does not grow without end", async () => {
  const path = freshPath();
  const store = fileStore(path, { sync: false });
  await store.load();
  let largest = 0;
  for (let i = 0; i < 3_000; i++) {
    await store.write(new Map([[`key-${i % 10}`, String(i).padStart(1_000, "x")]]));
    largest = Math.max(largest, statSync(path).size);
  }
  expect(largest).toBeLessThan(1.1 * 1024 * 1024);
  expect(existsSync(`${path}.new`)).toBe(false);
  await store.close?.();
  const again = fileStore(path);
  const kept = await again.load();
  expect(kept.size).toBe(10);
  expect(kept.get("key-9")).toBe("2999".padStart(1_000, "x"));
  await again.close?.();
});

test("one that is not open says so", async () => {
  const path = freshPath();
  const store = fileStore(path);
  const write = async () => store.write(new Map([["a", "1"]]));
  await expect(write).rejects.toMatchObject({ code: "STORAGE", message: `${path} is not open` });
  await store.load();
  await store.close?.();
  await store.close?.();
  await expect(write).rejects.toMatchObject({ code: "STORAGE" });
});

test("a file that cannot be read leaves no lock behind", async () => {
  const path = freshPath();
  const folder = join(path, "..");
  const store = fileStore(folder);
  await expect(async () => store.load()).rejects.toThrow("EISDIR");
  expect(readdirSync(join(folder, "..")).filter((name) => name.startsWith(`${folder.split("/").at(-1)}.`))).toEqual([]);
  expect(() => readFileSync(path)).toThrow("ENOENT");
});
