import { expect, test } from "vitest";
import { queueScripts } from "../../../tools/serve/queue/queue-scripts.ts";
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

test("the webhook's network takes its URL from the environment without holding it", () => {
  const webhookNetwork = { binding: "NETWORK", setting: "HOOK", script: "export default {}" };
  const base = { compatibilityDate: DATE, modules: [MAIN], webhookNetwork };
  const fromEnvironment = workerdConfig({ ...base, environment: ["HOOK"] });
  expect(fromEnvironment).toContain('(name = "URL", fromEnvironment = "HOOK")');
  expect(fromEnvironment).toContain('(name = "NETWORK", service = "webhook")');
  expect(fromEnvironment).toContain('globalOutbound = "any-address"');
  expect(workerdConfig({ ...base, vars: { HOOK: "http://h" } })).toContain('(name = "URL", text = "http://h")');
  expect(workerdConfig({ compatibilityDate: DATE, modules: [MAIN] })).not.toContain("any-address");
});

test("queues bind each producer by name, and the bundle stands behind an entry for its consumer", () => {
  const producer = { binding: "JOBS", queue: "jobs", deliveryDelaySeconds: 3 };
  const consumer = {
    maxBatchSize: 1,
    maxBatchTimeoutSeconds: 2,
    maxRetries: 3,
    retryDelaySeconds: 4,
    maxConcurrency: 1,
  };
  const text = workerdConfig({
    compatibilityDate: DATE,
    modules: [MAIN],
    queues: {
      producers: [producer],
      consumers: [{ queue: "jobs", ...consumer }],
      uniqueKey: "k",
      scripts: queueScripts(),
    },
  });
  const json = (value: unknown) => JSON.stringify(JSON.stringify(value));
  const props = json({ queue: "jobs", deliveryDelaySeconds: 3 });
  expect(text).toContain(`(name = "JOBS", queue = (name = "queues", props = (json = ${props})))`);
  expect(text).toContain(`(name = "CONSUMERS", json = ${json({ jobs: consumer })})`);
  expect(text).toContain('(className = "QueueObject", uniqueKey = "k", enableSql = true)');
  const names = [...text.matchAll(/\(name = "([a-z-]+\.js)"/g)].map(([, name]) => name);
  expect(names.slice(0, 3)).toEqual(["main-with-queues.js", "queue-entrypoint.js", "worker.js"]);
});
