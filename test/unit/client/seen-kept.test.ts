/** Ids against duplicates are kept in bounds: in memory, and in the store across many short lives. */
import { expect, test } from "vitest";
import { SeenIds } from "../../../src/client/seen-ids.ts";
import { KeptState } from "../../../src/client/storage/kept-state.ts";
import { memoryStore } from "../../../src/client/storage/memory.ts";

test("the store keeps the newest thousand at least, and no more than some", async () => {
  const store = memoryStore();
  let count = 0;
  // Many lives that see little, and some that see much.
  for (let life = 0; life < 200; life++) {
    const kept = new KeptState(store, (error) => expect.unreachable(error.message));
    await kept.load();
    for (let i = life % 40 === 39 ? 200 : 3; i > 0; i--) {
      await kept.advance({ epoch: "e", seq: count }, [`id-${count++}`]);
    }
    await kept.close();
  }
  const { seen } = await new KeptState(store, () => {}).load();
  const newest = Array.from({ length: count }, (_, i) => `id-${i}`);
  expect(seen).toEqual(newest.slice(-seen.length));
  expect(seen.length).toBeGreaterThanOrEqual(1_000);
  expect(seen.length).toBeLessThanOrEqual(1_400);
  expect((await store.load()).size).toBeLessThan(25);
});

test("of what one moment takes at once nothing is lost", async () => {
  const store = memoryStore();
  const kept = new KeptState(store, () => {});
  await kept.load();
  const ids = Array.from({ length: 500 }, (_, i) => `id-${i}`);
  await kept.advance({ epoch: "e", seq: 500 }, ids);
  await kept.close();
  expect((await new KeptState(store, () => {}).load()).seen).toEqual(ids);
});

test("a store that was damaged does not keep a client from starting", async () => {
  const store = memoryStore();
  await store.load();
  await store.write(
    new Map([
      ["cursor", "{"],
      ["seen/000000000", "["],
      ["out/a", "{}"],
    ]),
  );
  const kept = new KeptState(store, () => {});
  expect(await kept.load()).toEqual({ seen: [], unacked: [["a", "{}"]] });
  expect(kept.cursor).toBeUndefined();
});

test("memory keeps the newest 20,000", () => {
  const seen = new SeenIds();
  for (let i = 0; i < 20_100; i++) seen.add(`id-${i}`);
  expect([seen.has("id-99"), seen.has("id-100"), seen.has("id-20099")]).toEqual([false, true, true]);
});
