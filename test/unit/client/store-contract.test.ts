/** What every store does (ClientStore). IndexedDB is tried in a browser: test/e2e/client-browser.test.ts. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ClientStore } from "../../../src/client/storage/client-store.ts";
import { fileStore } from "../../../src/client/storage/file.ts";
import { localStorageStore } from "../../../src/client/storage/local-storage.ts";
import { memoryStore } from "../../../src/client/storage/memory.ts";
import { MapStorage } from "../../support/map-storage.ts";

/** Answers what opens the same store again, as a new life of the program would. */
const STORES: Record<string, () => () => ClientStore> = {
  memoryStore: () => {
    const store = memoryStore();
    return () => store;
  },
  fileStore: () => {
    const folder = mkdtempSync(join(tmpdir(), "allspark-store-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    return () => fileStore(join(folder, "deep", "alice.journal"));
  },
  localStorageStore: () => {
    const storage = new MapStorage();
    const name = randomUUID();
    return () => localStorageStore(name, storage);
  },
};

describe.each(Object.entries(STORES))("%s", (_name, make) => {
  test("is empty in the beginning", async () => {
    const store = make()();
    expect(await store.load()).toEqual(new Map());
    await store.close?.();
  });

  test("holds what was written, and not what was deleted, in its next life", async () => {
    const open = make();
    const first = open();
    await first.load();
    await first.write(
      new Map([
        ["a", "1"],
        ["b", "2"],
        ["ü/\n€", "{}"],
      ]),
    );
    await first.write(
      new Map([
        ["a", "3"],
        ["b", null],
        ["never", null],
      ]),
    );
    await first.close?.();
    const second = open();
    expect(await second.load()).toEqual(
      new Map([
        ["a", "3"],
        ["ü/\n€", "{}"],
      ]),
    );
    await second.close?.();
  });

  test("what load() answers does not change under its reader", async () => {
    const store = make()();
    const loaded = await store.load();
    await store.write(new Map([["a", "1"]]));
    expect(loaded.size).toBe(0);
    await store.close?.();
  });

  test("opens again after it was closed", async () => {
    const store = make()();
    await store.load();
    await store.write(new Map([["a", "1"]]));
    await store.close?.();
    expect(await store.load()).toEqual(new Map([["a", "1"]]));
    await store.write(new Map([["a", "2"]]));
    await store.close?.();
    expect(await store.load()).toEqual(new Map([["a", "2"]]));
    await store.close?.();
  });

  test("takes many keys and large values", async () => {
    const open = make();
    const first = open();
    await first.load();
    const entries = Array.from({ length: 500 }, (_, i): [string, string] => [`out/${i}`, "x".repeat(i * 20)]);
    await first.write(new Map(entries));
    await first.close?.();
    const second = open();
    expect(await second.load()).toEqual(new Map(entries));
    await second.close?.();
  });
});
