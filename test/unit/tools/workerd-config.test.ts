import { expect, test } from "vitest";
import { workerdConfig } from "../../../tools/serve/workerd-config.ts";

const MAIN = { name: "worker.js", type: "esm", contents: "export default {}" } as const;
const DATE = "2026-10-01";

test("module text comes through Cap'n Proto's escapes unchanged", () => {
  const contents = 'const a = "q\\"uote", b = `\\\\`;\r\n// ünïcode ✓ \t tab\n';
  const text = workerdConfig({ compatibilityDate: DATE, modules: [{ ...MAIN, contents }] });
  const literal = /esModule = ("(?:[^"\\]|\\.)*")/s.exec(text)?.[1] ?? "";
  expect(literal).not.toMatch(/[\r\n]/);
  // The escapes that it uses mean the same in JSON, which needs one more for the tab.
  expect(JSON.parse(literal.replaceAll("\t", "\\t"))).toBe(contents);
});

test("NUL is refused, since no Cap'n Proto text holds it", () => {
  const build = () => workerdConfig({ compatibilityDate: DATE, modules: [{ ...MAIN, contents: "a\0b" }] });
  expect(build).toThrow("NUL");
});

test("names environment variables without their values", () => {
  const text = workerdConfig({ compatibilityDate: DATE, modules: [MAIN], environment: ["ALLSPARK_SECRETS"] });
  expect(text).toContain('(name = "ALLSPARK_SECRETS", fromEnvironment = "ALLSPARK_SECRETS")');
});

test("objects live on disk where there is a directory, else in memory", () => {
  const durableObjects = [{ binding: "NODE", className: "NodeObject", uniqueKey: "k" }];
  const base = { compatibilityDate: DATE, modules: [MAIN], durableObjects };
  expect(workerdConfig(base)).toContain("durableObjectStorage = (inMemory = void)");
  const onDisk = workerdConfig({ ...base, storage: "/data" });
  expect(onDisk).toContain('durableObjectStorage = (localDisk = "storage")');
  expect(onDisk).toContain('(name = "storage", disk = (path = "/data", writable = true))');
  expect(onDisk).toContain('(className = "NodeObject", uniqueKey = "k", enableSql = true)');
});

test("fetch() reaches private addresses only where that is asked for", () => {
  const base = { compatibilityDate: DATE, modules: [MAIN] };
  expect(workerdConfig(base)).toContain('network = (allow = ["public"]');
  expect(workerdConfig({ ...base, allowPrivateNetwork: true })).toContain('allow = ["public", "private"]');
});
