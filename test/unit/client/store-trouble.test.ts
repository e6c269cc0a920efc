/** Stores that are slow, fail, or cannot be opened; and who closes while one is at work. */
import { expect } from "vitest";
import type { ClientStore, StoreChanges } from "../../../src/client/storage/client-store.ts";
import { memoryStore } from "../../../src/client/storage/memory.ts";
import { inState, rejectionOf, test } from "./edge-test.ts";

/** A store whose steps wait until the test lets them go on, or fail. */
function slowStore() {
  const store = memoryStore();
  const log: string[] = [];
  const waiting: { go: () => void; fail: (error: Error) => void }[] = [];
  let isSlow = true;
  const step = (name: string): Promise<void> | undefined => {
    log.push(name);
    if (!isSlow) return undefined;
    return new Promise((go, fail) => waiting.push({ go, fail }));
  };
  const slow: ClientStore = {
    load: async () => {
      await step("load");
      return store.load();
    },
    write: async (changes: StoreChanges) => {
      await step(`write ${[...changes.keys()].map((key) => key.split("/")[0]).join()}`);
      await store.write(changes);
    },
    close: async () => {
      await step("close");
    },
  };
  return {
    store: slow,
    log,
    kept: () => store.load() as Map<string, string>,
    /** The next step that waits, once there is one. */
    next: async () => {
      await expect.poll(() => waiting.length, { interval: 2 }).toBeGreaterThan(0);
      return waiting.shift()!;
    },
    quick: () => {
      isSlow = false;
      for (const { go } of waiting.splice(0)) go();
    },
    slow: () => (isSlow = true),
  };
}

test("an ack waits until what was taken is written", async ({ edge, client }) => {
  const { store, next, quick, slow, log } = slowStore();
  quick();
  const allspark = client({ storage: store });
  let taken = 0;
  allspark.on("message", () => void taken++);
  await allspark.connect();
  await expect.poll(() => log).toContain("write node");
  slow();
  edge.deliver({ id: "a" }, { id: "b" });
  const write = await next();
  expect(log.at(-1)).toBe("write cursor,seen");
  expect(taken).toBe(2);
  await allspark.send({ to: "bob", volatile: true });
  await edge.until(() => edge.received.length === 1, "something behind the ack that is not there");
  expect(edge.connection.acks).toEqual([]);
  write.go();
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  quick();
});

test("a connection that ends while a write is under way is sent no ack, and the next one resumes behind it", async ({
  edge,
  client,
}) => {
  const { store, next, quick, slow } = slowStore();
  quick();
  const allspark = client({ storage: store });
  allspark.on("message", () => {});
  await allspark.connect();
  await allspark.send({ to: "bob" });
  slow();
  edge.deliver({ id: "a" });
  const write = await next();
  edge.connection.cut();
  const second = await edge.connected(2);
  expect(second.resume).toEqual({ epoch: "epoch1", seq: 1 });
  write.go();
  quick();
  edge.deliver({ id: "b" });
  await edge.until(() => second.acks.includes(2), "the ack");
  expect(second.acks).toEqual([2]);
});

test("a write that ends when another epoch has begun acks nothing of it", async ({ edge, client }) => {
  const { store, next, quick, slow } = slowStore();
  quick();
  const allspark = client({ storage: store });
  allspark.on("message", () => {});
  await allspark.connect();
  await allspark.send({ to: "bob" });
  slow();
  edge.deliver({ id: "a" }, { id: "b" });
  const write = await next();
  edge.inbox.length = 0;
  edge.newEpoch();
  edge.connection.cut();
  const second = await edge.connected(2);
  // By its answer the client has been welcomed.
  await allspark.send({ to: "bob" });
  write.go();
  quick();
  edge.deliver({ id: "c" });
  await edge.until(() => second.acks.length > 0, "the ack");
  expect(second.acks).toEqual([1]);
});

test("a write that fails is told of once, holds no ack up, and its changes go with the next", async ({
  edge,
  client,
}) => {
  const { store, next, quick, slow, kept, log } = slowStore();
  quick();
  const allspark = client({ storage: store });
  const errors: unknown[] = [];
  allspark.on("error", (error) => errors.push(error));
  allspark.on("message", () => {});
  await allspark.connect();
  await expect.poll(() => log).toContain("write node");
  slow();
  for (let i = 1; i <= 2; i++) {
    edge.deliver({ src_id: "bob", id: `m${i}` });
    (await next()).fail(new Error("disk full"));
    await edge.until(() => edge.connection.acks.includes(i), "the ack");
  }
  const message = "the store takes nothing, so that a reload may lose messages: disk full";
  expect(errors).toMatchObject([{ code: "STORAGE", message, cause: { message: "disk full" } }]);
  quick();
  edge.deliver({ src_id: "bob", id: "m3" });
  await edge.until(() => edge.connection.acks.includes(3), "the ack");
  expect(kept().get("cursor")).toBe('{"epoch":"epoch1","seq":3}');
  expect(kept().get("seen/000000000")).toBe(JSON.stringify(["\nbob\nm1", "\nbob\nm2", "\nbob\nm3"]));
});

test("a message whose write failed is kept with the next one", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const { store, next, quick, slow, kept, log } = slowStore();
  quick();
  const allspark = client({ storage: store });
  allspark.on("error", () => {});
  await allspark.connect();
  await expect.poll(() => log).toContain("write node");
  slow();
  void allspark.send({ to: "bob", payload: 1 }).catch(() => {});
  (await next()).fail(new Error("disk full"));
  quick();
  void allspark.send({ to: "bob", payload: 2 }).catch(() => {});
  const payloads = () =>
    [...kept()]
      .filter(([key]) => key.startsWith("out/"))
      .map(([, text]) => (JSON.parse(text) as { payload: number }).payload);
  await expect.poll(() => payloads()).toEqual([1, 2]);
});

test("failed: the store is closed, for others to open", async ({ edge, client }) => {
  const { store, quick, log } = slowStore();
  quick();
  const allspark = client({ storage: store });
  await allspark.connect();
  edge.connection.close(4009);
  await inState(allspark, "failed");
  await expect.poll(() => log).toEqual(["load", "write node", "close"]);
});

test("a store that takes nothing for long costs no memory for what is settled", async ({ edge, client }) => {
  const sizes: number[] = [];
  const storage: ClientStore = {
    load: () => new Map<string, string>(),
    write: (changes) => {
      sizes.push(changes.size);
      return Promise.reject(new Error("never"));
    },
  };
  const allspark = client({ storage });
  allspark.on("error", () => {});
  await allspark.connect();
  for (let i = 0; i < 100; i++) await allspark.send({ to: "bob" });
  expect(edge.taken).toHaveLength(100);
  expect(sizes.length).toBeGreaterThan(50);
  expect(Math.max(...sizes)).toBeLessThan(5);
});

test("a store that cannot be opened: failed, with its error", async ({ edge, client }) => {
  const { store, next, log } = slowStore();
  const allspark = client({ storage: store });
  const connecting = allspark.connect();
  (await next()).fail(new Error("locked"));
  await expect(connecting).rejects.toMatchObject({ code: "STORAGE", message: "the store cannot be opened: locked" });
  expect(allspark.status.state).toBe("failed");
  expect(edge.calls).toEqual([]);
  // It was not opened, so it is not closed either.
  await allspark.close();
  expect(log).toEqual(["load"]);
});

test("close() while the store loads: nothing connects, and the store is closed when it has loaded", async ({
  edge,
  client,
}) => {
  const { store, next, quick, log } = slowStore();
  const allspark = client({ storage: store });
  const connecting = rejectionOf(allspark.connect());
  const load = await next();
  const closed = allspark.close();
  expect(await connecting).toMatchObject({ code: "CLOSED" });
  load.go();
  quick();
  await closed;
  expect(log).toEqual(["load", "close"]);
  await client().connect();
  expect(edge.connections).toHaveLength(1);
});

test("aborting while the store loads rejects at once", async ({ client }) => {
  const { store, next, quick } = slowStore();
  const allspark = client({ storage: store });
  const controller = new AbortController();
  const connecting = allspark.connect({ signal: controller.signal });
  const load = await next();
  controller.abort(new Error("enough"));
  await expect(connecting).rejects.toThrow("enough");
  load.go();
  quick();
});

test("connect() while close() waits for a write opens when it is closed", async ({ edge, client }) => {
  const { store, next, quick, slow, log } = slowStore();
  quick();
  const allspark = client({ storage: store });
  allspark.on("message", () => {});
  await allspark.connect();
  await expect.poll(() => log).toContain("write node");
  slow();
  edge.deliver({ id: "a" });
  const write = await next();
  const closed = allspark.close();
  const connecting = allspark.connect();
  write.go();
  quick();
  await Promise.all([closed, connecting]);
  expect(log.slice(2)).toEqual(["write cursor,seen", "close", "load"]);
  expect(edge.connection.resume).toEqual({ epoch: "epoch1", seq: 1 });
});

test("nothing is written before it is loaded, and what was sent before is written then", async ({ edge, client }) => {
  const { store, next, quick, log, kept } = slowStore();
  edge.onMessage = () => "hold";
  const allspark = client({ storage: store });
  void allspark.send({ to: "bob" }).catch(() => {});
  const connecting = allspark.connect();
  const load = await next();
  expect(log).toEqual(["load"]);
  load.go();
  quick();
  await connecting;
  await expect.poll(() => [...kept().keys()].filter((key) => key.startsWith("out/"))).toHaveLength(1);
});

test("a handler that ends after close() writes nothing to the closed store", async ({ edge, client }) => {
  const { store, quick, log } = slowStore();
  quick();
  const allspark = client({ storage: store });
  let finish: () => void = () => {};
  let ended = false;
  allspark.on("message", () => new Promise<void>((resolve) => (finish = resolve)).then(() => void (ended = true)));
  await allspark.connect();
  edge.deliver({ id: "a" });
  await allspark.send({ to: "bob" });
  await allspark.close();
  const before = log.length;
  finish();
  await expect.poll(() => ended).toBe(true);
  // Whatever it would write, it would write by now.
  await client().connect();
  expect(log.slice(before)).toEqual([]);
});
