/** Several tabs on one store: each a slot of its own, and what a tab that is gone left is sent by another. Locks are Node's own. */
import { randomUUID } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { localStorageStore } from "../../../src/client/storage/local-storage.ts";
import { MapStorage } from "../../support/map-storage.ts";

afterEach(() => vi.unstubAllGlobals());

/** Each tab has a sessionStorage of its own; the localStorage is everyone's. */
function tabs() {
  const storage = new MapStorage();
  const name = randomUUID();
  return { storage, open: () => localStorageStore(name, storage) };
}

const inTab = (session: MapStorage) => vi.stubGlobal("sessionStorage", session);

test("two tabs do not see each other's entries", async () => {
  const { open } = tabs();
  const [first, second] = [open(), open()];
  await first.load();
  await second.load();
  await first.write(
    new Map([
      ["cursor", "1"],
      ["out/a", "a"],
    ]),
  );
  await second.write(new Map([["cursor", "2"]]));
  await first.close?.();
  await second.close?.();
  expect(await first.load()).toEqual(
    new Map([
      ["cursor", "1"],
      ["out/a", "a"],
    ]),
  );
  await first.close?.();
});

test("a tab takes over the unacked messages of one that is gone, and nothing else; and once", async () => {
  const { open } = tabs();
  const [first, second, third] = [open(), open(), open()];
  await first.load();
  await second.load();
  await second.write(
    new Map([
      ["cursor", "2"],
      ["out/b", "b"],
    ]),
  );
  await second.close?.();
  await first.close?.();
  expect(await first.load()).toEqual(new Map([["out/b", "b"]]));
  expect(await third.load()).toEqual(new Map());
  await first.close?.();
  await third.close?.();
});

test("sixteen tabs at most", async () => {
  const { open } = tabs();
  const stores = Array.from({ length: 16 }, open);
  for (const store of stores) await store.load();
  await expect(async () => open().load()).rejects.toMatchObject({ code: "STORAGE" });
  for (const store of stores) await store.close?.();
});

test("a tab that is reloaded waits for its own slot, beside another that is open", async () => {
  const { open } = tabs();
  const [other, mine] = [open(), open()];
  inTab(new MapStorage());
  await other.load();
  const session = new MapStorage();
  inTab(session);
  await mine.load();
  await mine.write(new Map([["cursor", "mine"]]));
  // The old page lets go only after the new one has asked.
  const loading = open().load();
  await Promise.resolve();
  await mine.close?.();
  expect(await loading).toEqual(new Map([["cursor", "mine"]]));
  await other.close?.();
});

test("a tab that is new waits for nobody", async () => {
  const { open } = tabs();
  const [first, second] = [open(), open()];
  vi.useFakeTimers();
  try {
    await first.load();
    // Time stands still: whoever waits for it waits for ever.
    expect(await second.load()).toEqual(new Map());
  } finally {
    vi.useRealTimers();
  }
  await first.close?.();
  await second.close?.();
});

test("what is deleted makes room for what is written with it", async () => {
  const { open, storage } = tabs();
  const store = open();
  await store.load();
  await store.write(new Map([["a", "x".repeat(1_000)]]));
  storage.quota = 1_500;
  await store.write(
    new Map([
      ["b", "y".repeat(1_000)],
      ["a", null],
    ]),
  );
  expect([...storage.kept.values()]).toEqual(["y".repeat(1_000)]);
  await store.close?.();
});

test("one that is not open writes into nobody's slot", async () => {
  const { open, storage } = tabs();
  const store = open();
  await expect(async () => store.write(new Map([["a", "1"]]))).rejects.toMatchObject({ code: "STORAGE" });
  expect(storage.kept.size).toBe(0);
});
