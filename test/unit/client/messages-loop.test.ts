/** `for await (const message of allspark.messages())`. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

test("a message is acked when the loop asks for the next", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const loop = allspark.messages();
  edge.deliver({ payload: 1 }, { payload: 2 });
  expect((await loop.next()).value).toMatchObject({ payload: 1 });
  await allspark.send({ to: "bob" });
  expect(edge.connection.acks).toEqual([]);
  expect((await loop.next()).value).toMatchObject({ payload: 2 });
  await edge.until(() => edge.connection.acks.includes(1), "the ack");
  await allspark.send({ to: "bob" });
  expect(edge.connection.acks).toEqual([1]);
});

test("leaving the loop counts as having taken the message at hand, and leaves the others", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  for await (const { payload } of allspark.messages()) {
    expect(payload).toBe(1);
    break;
  }
  await edge.until(() => edge.connection.acks.includes(1), "the ack");
  for await (const { payload } of allspark.messages()) {
    expect(payload).toBe(2);
    break;
  }
  await edge.until(() => edge.connection.acks.includes(2), "the second ack");
});

test("close() ends the loop", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const got: unknown[] = [];
  const looped = (async () => {
    for await (const { payload } of allspark.messages()) got.push(payload);
  })();
  edge.deliver({ payload: 1 });
  await expect.poll(() => got).toEqual([1]);
  await allspark.close();
  await looped;
});

test("a loop that closes the client ends after the message at hand", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  const got: unknown[] = [];
  for await (const { payload } of allspark.messages()) {
    got.push(payload);
    await allspark.close();
  }
  expect(got).toEqual([1]);
});

test("several loops and a handler get every message; the slowest sets the pace", async ({ edge, client }) => {
  const allspark = client();
  const handled: unknown[] = [];
  allspark.on("message", ({ payload }) => void handled.push(payload));
  await allspark.connect();
  const [fast, slow] = [allspark.messages(), allspark.messages()];
  const first = [fast.next(), slow.next()];
  edge.deliver({ payload: 1 }, { payload: 2 });
  expect((await Promise.all(first)).map(({ value }) => value?.payload)).toEqual([1, 1]);
  const next = fast.next();
  await allspark.send({ to: "bob" });
  expect(handled).toEqual([1]);
  expect(edge.connection.acks).toEqual([]);
  expect((await slow.next()).value).toMatchObject({ payload: 2 });
  expect((await next).value).toMatchObject({ payload: 2 });
  expect(handled).toEqual([1, 2]);
});

test("a loop that ends while it waits leaves the message to the others", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const [gone, stays] = [allspark.messages(), allspark.messages()];
  edge.deliver({ payload: 1 });
  const [held] = await Promise.all([stays.next(), gone.next()]);
  expect(held.value).toMatchObject({ payload: 1 });
  // It has been offered the second message, and never fetches it.
  edge.deliver({ payload: 2 });
  void gone.next().catch(() => {});
  await gone.return!();
  expect((await stays.next()).value).toMatchObject({ payload: 2 });
  const last = stays.next();
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  edge.deliver({ payload: 3 });
  expect((await last).value).toMatchObject({ payload: 3 });
});

test("what nobody fetched goes to whoever comes next", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const gone = allspark.messages();
  edge.deliver({ payload: 1 }, { payload: 2 });
  await gone.next();
  const second = gone.next();
  expect((await second).value).toMatchObject({ payload: 2 });
  edge.deliver({ payload: 3 });
  await gone.return!();
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  expect((await allspark.messages().next()).value).toMatchObject({ payload: 3 });
});

test("a loop that is made and never read holds nothing up", async ({ edge, client }) => {
  const allspark = client();
  const unread = allspark.messages();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  await expect.poll(() => got).toEqual([1, 2]);
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  await unread.return!();
});

test("one that has ended stays so", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  edge.deliver({ payload: 1 });
  const loop = allspark.messages();
  for await (const _ of loop) break;
  for await (const _ of loop) expect.unreachable();
  expect(await loop.next()).toEqual({ done: true, value: undefined });
});

test("whoever asks for several at once gets several", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const loop = allspark.messages();
  const both = Promise.all([loop.next(), loop.next()]);
  edge.deliver({ payload: 1 }, { payload: 2 }, { payload: 3 });
  expect((await both).map(({ value }) => value?.payload)).toEqual([1, 2]);
  await edge.until(() => edge.connection.acks.includes(1), "the ack of the first");
  await allspark.send({ to: "bob" });
  expect(edge.connection.acks).toEqual([1]);
  expect((await loop.next()).value).toMatchObject({ payload: 3 });
});
