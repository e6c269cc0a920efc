import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cannotWrite, makeDataDirectory } from "../../../tools/serve/data-directory.ts";
import { Refusal } from "../../../tools/serve/refusal.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "allspark-data-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const make = (name: string): void => makeDataDirectory(join(root, name), name);

test("makes what is missing, for its owner alone, and takes what is there", () => {
  make("a/b/c");
  expect(statSync(join(root, "a/b/c")).mode & 0o777).toBe(0o700);
  make("a/b/c");
  mkdirSync(join(root, "real"));
  symlinkSync("real", join(root, "link"));
  make("link/data");
  expect(existsSync(join(root, "real/data"))).toBe(true);
});

test.each([
  ["file", "it is not one"],
  ["file/data", "file is not one"],
  ["file/deeper/data", "file is not one"],
  ["dangling", "it is a symbolic link to nothing"],
  ["dangling/data", "dangling is a symbolic link to nothing"],
  ["loop", "loop cannot be read (ELOOP)"],
])("refuses %s in one sentence", (name, why) => {
  writeFileSync(join(root, "file"), "");
  symlinkSync("nowhere", join(root, "dangling"));
  symlinkSync("loop", join(root, "loop"));
  expect(() => make(name)).toThrow(Refusal);
  expect(() => make(name)).toThrow(`--data ${name}: must be a folder that can be made and written, but `);
  expect(() => make(name)).toThrow(why);
  expect(existsSync(join(root, "nowhere"))).toBe(false);
});

// Where mkdirSync with `recursive` would not come back.
test.runIf(process.platform === "linux")("refuses a path where none can be made", () => {
  expect(() => makeDataDirectory("/proc/nope/data", "/proc/nope/data")).toThrow("/proc/nope cannot be made (ENOENT)");
});

test("cannotWrite takes what the system says for a wrong --data, and nothing else", () => {
  const error = Object.assign(new Error("EROFS"), { code: "EROFS", syscall: "open" });
  expect(cannotWrite(error, "d")).toEqual(
    new Refusal("--data d: must be a folder that can be made and written, but nothing can be written there (EROFS)"),
  );
  for (const other of [new Error("a bug"), new Refusal("in use"), Object.assign(new Error("x"), { code: "ERR_X" })]) {
    expect(cannotWrite(other, "d")).toBe(other);
  }
});
