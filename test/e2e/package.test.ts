/** The package as npm packs it, in a project of its own: everything imports, the types hold, and it talks to an edge. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Consumer, startConsumer } from "../support/consumer.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { ROOT } from "../support/public-api.ts";

const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

/** Printed as JSON: the statuses of two messages, and what bob got of them. */
const PROGRAM = `
import { Allspark, AllsparkError } from "allspark/client";
import { memoryStore } from "allspark/client/storage";
import { fileStore } from "allspark/client/file-store";
const { EDGE: url, ALICE, BOB } = process.env;
const alice = new Allspark({ url, authKey: ALICE, storage: memoryStore() });
await alice.connect();
const statuses = [];
statuses.push((await alice.send({ to: "bob", payload: "one" })).status);
const bob = new Allspark({ url, authKey: () => BOB, storage: fileStore("bob.journal") });
const payloads = [];
const both = new Promise((resolve) => bob.on("message", ({ payload }) => {
  payloads.push(payload);
  if (payloads.length === 2) resolve();
}));
await bob.connect();
statuses.push((await alice.send({ to: "bob", payload: "two" })).status);
await both;
const second = fileStore("bob.journal");
await alice.close();
await bob.close();
const kept = [...(await second.load()).keys()].includes("cursor");
await second.close();
console.log(JSON.stringify({ statuses, payloads, kept, isError: new AllsparkError("CLOSED", "x") instanceof Error }));
`;

/** One copy of the library under both entries: else the client would not be the provider's. */
const REACT_PROGRAM = `
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { Allspark } from "allspark/client";
import { AllsparkProvider, useAllspark } from "allspark/react";
const client = new Allspark({ url: "http://edge.example", authKey: "key" });
const Same = () => String(useAllspark().allspark === client && client instanceof Allspark);
console.log(renderToString(createElement(AllsparkProvider, { client }, createElement(Same))));
`;

const TYPED = `
import { Allspark, type IncomingMessage, RefusedError } from "allspark/client";
import { fileStore } from "allspark/client/file-store";
import { indexedDbStore } from "allspark/client/storage";
import { useMessages } from "allspark/react";
const allspark: Allspark = new Allspark({ url: "http://edge.example", authKey: "key", storage: fileStore("a") });
export const status: "delivered" | "stored" | "queued" | "sent" | "dropped" = (await allspark.send({ to: "b" })).status;
export const hook: () => readonly IncomingMessage[] = useMessages;
export const store = indexedDbStore("a");
// @ts-expect-error A message goes to a string.
await allspark.send({ to: 1 }).catch((error: unknown) => error instanceof RefusedError);
`;

let consumer: Consumer;
let edge: Edge;

beforeAll(async () => {
  [consumer, edge] = await Promise.all([startConsumer(), startEdge()]);
});

afterAll(async () => {
  await consumer?.remove();
  await edge?.close();
});

test("holds what is built, the documents and the licences, and nothing else", () => {
  expect(consumer.packed).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "README.md",
      "docs/client.md",
      "dist/package/client.js",
      "dist/package/types/client/index.d.ts",
      "dist/package/third-party-licences.txt",
      "package.json",
    ]),
  );
  const strangers = consumer.packed.filter(
    (path) => !/^(dist\/package\/|docs\/|LICENSE$|README\.md$|package\.json$)/.test(path),
  );
  expect(strangers).toEqual([]);
});

test("works in Node against an edge, with its declared dependencies alone", async () => {
  await consumer.write("program.js", PROGRAM);
  const env = { EDGE: edge.url, ALICE: edge.key("alice"), BOB: edge.key("bob") };
  expect(JSON.parse(await consumer.node(["program.js"], env))).toEqual({
    statuses: ["stored", "delivered"],
    payloads: ["one", "two"],
    kept: true,
    isError: true,
  });
});

test.skipIf(!existsSync(join(ROOT, "src/cli/main.ts")))("so does its command", async () => {
  expect(await consumer.node([consumer.path("node_modules/allspark/dist/package/cli.js"), "--help"])).toContain(
    "allspark",
  );
});

test("its React part shares the client's classes, and says that it is one of the browser", async () => {
  await consumer.install("react");
  await consumer.install("react-dom");
  await consumer.write("react-program.js", REACT_PROGRAM);
  expect((await consumer.node(["react-program.js"])).trim()).toBe("true");
  const entry = await readFile(consumer.path("node_modules/allspark/dist/package/react.js"), "utf8");
  expect(entry.startsWith('"use client";')).toBe(true);
});

test.each([
  ["nodenext", "NodeNext"],
  ["bundler", "ESNext"],
])("its types hold with moduleResolution %s, its declarations checked too", async (moduleResolution, module) => {
  await consumer.install("@types/react");
  await consumer.write("typed.ts", TYPED);
  const compilerOptions = { strict: true, noEmit: true, target: "ES2022", module, moduleResolution, types: [] };
  await consumer.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["typed.ts"] }));
  expect(await consumer.node([TSC, "-p", "."]).catch(({ stdout }: { stdout: string }) => stdout)).toBe("");
  await consumer.write("typed.ts", TYPED.replace("to: 1", 'to: "b"'));
  expect(await consumer.node([TSC, "-p", "."]).catch(({ stdout }: { stdout: string }) => stdout)).toContain("typed.ts");
});
