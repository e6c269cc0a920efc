/** A program that starts again with the same store: nothing is lost, nothing comes twice. */
import { expect } from "vitest";
import type { SettledMessage } from "../../../src/client/events.ts";
import { memoryStore } from "../../../src/client/storage/memory.ts";
import type { ClientStore } from "../../../src/client/storage/client-store.ts";
import { inState, rejectionOf, test } from "./edge-test.ts";

/** The store as a crash leaves it: what was written, and no word of the old life after that. */
async function crashed(store: ClientStore): Promise<ClientStore> {
  const left = memoryStore();
  await left.load();
  await left.write(await store.load());
  return left;
}

test("what was not acked goes out first, in order, under the same ids; 'settled' tells of each", async ({
  edge,
  client,
}) => {
  edge.onMessage = ({ payload }) => (payload === 2 ? "ack" : "lose");
  const storage = memoryStore();
  const first = client({ storage });
  await first.connect();
  const sent = [1, 2, 3].map((payload) => first.send({ to: "bob", payload }));
  void Promise.allSettled(sent);
  await sent[1];
  const later = await crashed(storage);
  await first.close();
  edge.onMessage = ({ payload }) => (payload === 3 ? { refuse: "EXPIRED" } : "ack");
  const second = client({ storage: later });
  const settled: SettledMessage[] = [];
  second.on("settled", (message) => settled.push(message));
  const next = second.send({ to: "bob", payload: 4 });
  await second.connect();
  await next;
  const [one, , three] = edge.received.map(({ id }) => id);
  expect(edge.received.slice(3).map(({ id, payload }) => [id, payload])).toEqual([
    [one, 1],
    [three, 3],
    [(await next).id, 4],
  ]);
  expect(settled).toEqual([
    { id: three, receipt: undefined, error: expect.objectContaining({ code: "EXPIRED" }) as Error },
    { id: one, receipt: { id: one, status: "delivered" }, error: undefined },
  ]);
  expect(second.unacked).toBe(0);
});

test("what was settled in an earlier life is not sent again by close() and connect()", async ({ edge, client }) => {
  edge.onMessage = ({ payload }) => (payload === 1 ? "lose" : "ack");
  const allspark = client({ storage: memoryStore() });
  await allspark.connect();
  const lost = rejectionOf(allspark.send({ to: "bob", payload: 1 }));
  await allspark.send({ to: "bob", payload: 2 });
  await allspark.close();
  expect(await lost).toMatchObject({ code: "CLOSED" });
  edge.onMessage = () => "ack";
  for (let life = 0; life < 3; life++) {
    await allspark.connect();
    await allspark.flushed();
    await allspark.close();
  }
  expect(edge.received.map(({ payload }) => payload)).toEqual([1, 2, 1]);
});

test("the place in the inbox is kept, and so is what the app has seen", async ({ edge, client }) => {
  const storage = memoryStore();
  const first = client({ storage });
  const got: unknown[] = [];
  first.on("message", ({ payload }) => void got.push(payload));
  await first.connect();
  edge.deliver({ src_id: "bob", id: "a", payload: 1 }, { src_id: "bob", id: "b", payload: 2 });
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  const later = await crashed(storage);
  await first.close();
  const second = client({ storage: later });
  second.on("message", ({ payload }) => void got.push(payload));
  await second.connect();
  expect(edge.connection.resume).toEqual({ epoch: "epoch1", seq: 2 });
  // The sender has not heard that they arrived.
  edge.deliver({ src_id: "bob", id: "b", payload: 2 }, { src_id: "bob", id: "c", payload: 3 });
  await edge.until(() => edge.connection.acks.includes(4), "the ack");
  expect(got).toEqual([1, 2, 3]);
});

test("what a handler was through with after the connection broke is kept as seen", async ({ edge, client }) => {
  const storage = memoryStore();
  const first = client({ storage });
  const got: unknown[] = [];
  let finish: () => void = () => {};
  first.on("message", ({ payload }) => {
    got.push(payload);
    return new Promise<void>((resolve) => (finish = resolve));
  });
  await first.connect();
  edge.deliver({ src_id: "bob", id: "a", payload: "slow" });
  await expect.poll(() => got.length).toBe(1);
  edge.nextPreConnections.push({ hang: true });
  edge.connection.cut();
  await edge.until(() => edge.keys.length === 2, "the next attempt");
  finish();
  await expect.poll(async () => [...(await storage.load()).keys()].some((key) => key.startsWith("seen/"))).toBe(true);
  const later = await crashed(storage);
  await first.close();
  const second = client({ storage: later });
  second.on("message", ({ payload }) => void got.push(payload));
  await second.connect();
  await edge.until(() => edge.connection.acks.includes(1), "the ack");
  expect(got).toEqual(["slow"]);
});

test("another node's store is refused, and nothing of it goes out", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const storage = memoryStore();
  const alice = client({ storage });
  await alice.connect();
  void alice.send({ to: "bob", payload: "alice's" }).catch(() => {});
  await edge.until(() => edge.received.length === 1, "the message");
  await alice.close();
  const bob = client({ storage, authKey: () => "bob" });
  const refused = { code: "STORAGE", message: "the store is that of alice, not of bob: give each node its own" };
  await expect(bob.connect()).rejects.toMatchObject(refused);
  expect(bob.status).toMatchObject({ state: "failed", error: refused });
  const again = client({ storage });
  edge.onMessage = () => "ack";
  await again.connect();
  await again.flushed();
  expect(edge.received.map(({ connection }) => connection.key)).toEqual(["alice", "alice"]);
});

test("after failed, connect() sends what the store has kept", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client({ storage: memoryStore() });
  await allspark.connect();
  const sent = rejectionOf(allspark.send({ to: "bob", payload: 1 }));
  await edge.until(() => edge.received.length === 1, "the message");
  edge.connection.close(4009);
  await inState(allspark, "failed");
  expect(await sent).toMatchObject({ closeCode: 4009 });
  edge.onMessage = () => "ack";
  await allspark.connect();
  await allspark.flushed();
  expect(edge.received.map(({ payload }) => payload)).toEqual([1, 1]);
});
