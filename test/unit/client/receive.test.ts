/** What a message looks like to the app, and in what order it comes. */
import { expect } from "vitest";
import type { IncomingMessage } from "../../../src/client/message.ts";
import { test } from "./edge-test.ts";

test("every field of the wire stands under its own name", async ({ edge, client }) => {
  const allspark = client();
  const got: IncomingMessage[] = [];
  allspark.on("message", (message) => void got.push(message));
  await allspark.connect();
  const wire = {
    id: "m1",
    src_id: "bob",
    src_client_id: "bobs",
    dest_id: "alice",
    dest_session_id: "s",
    session_seq: 4,
    timestamp: 1_795_380_534_661,
    type: 7,
    payload: { a: 1 },
    payload1: [2],
    payload2: null,
    mine: true,
  };
  edge.deliver(wire, { payload: "bare" });
  await expect.poll(() => got.length).toBe(2);
  expect(got[0]).toEqual({
    id: "m1",
    from: "bob",
    fromClient: "bobs",
    session: "s",
    isPrivate: true,
    type: 7,
    payload: { a: 1 },
    payload1: [2],
    payload2: null,
    isVolatile: false,
    timestamp: 1_795_380_534_661,
    seq: 1,
    sessionSeq: 4,
    raw: { seq: 1, ...wire },
  });
  expect(got[1]).toMatchObject({
    id: undefined,
    from: "sender",
    session: undefined,
    isPrivate: false,
    type: undefined,
    seq: 2,
  });
});

test("control messages that the library does not know are no messages", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  edge.connection.send(
    { type: -4, src_id: "bob" },
    { type: -102, payload: {} },
    { type: -2, payload: {} },
    { type: -99 },
  );
  edge.deliver({ payload: "a message" });
  await expect.poll(() => got).toEqual(["a message"]);
});

test("a handler that works for a while gets the next message after it, and in order", async ({ edge, client }) => {
  const allspark = client();
  const log: string[] = [];
  const goOn: (() => void)[] = [];
  allspark.on("message", async ({ payload }) => {
    log.push(`begins ${payload}`);
    await new Promise<void>((resolve) => goOn.push(resolve));
    log.push(`ends ${payload}`);
  });
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  edge.deliver({ payload: 3 });
  for (let i = 0; i < 3; i++) {
    await expect.poll(() => goOn.length).toBe(i + 1);
    goOn[i]!();
  }
  await expect.poll(() => log.length).toBe(6);
  expect(log).toEqual(["begins 1", "ends 1", "begins 2", "ends 2", "begins 3", "ends 3"]);
});

test("several handlers get every message, and it is taken when all are through", async ({ edge, client }) => {
  const allspark = client();
  const got: string[] = [];
  let finish: () => void = () => {};
  allspark.on("message", ({ payload }) => void got.push(`a${payload}`));
  allspark.on("message", ({ payload }) => {
    got.push(`b${payload}`);
    return payload === 1 ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
  });
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  await expect.poll(() => got).toEqual(["a1", "b1"]);
  await allspark.send({ to: "bob" });
  expect(edge.connection.acks).toEqual([]);
  finish();
  await expect.poll(() => got).toEqual(["a1", "b1", "a2", "b2"]);
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
});

test("a handler may answer anything", async ({ edge, client }) => {
  const allspark = client();
  const errors: unknown[] = [];
  const got: unknown[] = [];
  allspark.on("error", (error) => errors.push(error));
  allspark.on("message", ({ payload }) => got.push(payload) as unknown as undefined);
  allspark.on("message", () => null as unknown as undefined);
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  expect([got, errors]).toEqual([[1, 2], []]);
});

test.for([
  [
    "throws",
    () => {
      throw new Error("mine");
    },
  ],
  ["rejects", () => Promise.reject(new Error("mine"))],
] as const)(
  "a handler that %s is told of, its message counts as taken, and the next comes",
  async ([, fail], { edge, client }) => {
    const allspark = client();
    const errors: unknown[] = [];
    const got: unknown[] = [];
    allspark.on("error", (error) => errors.push(error));
    allspark.on("message", ({ payload }) => {
      got.push(payload);
      return payload === 1 ? fail() : undefined;
    });
    await allspark.connect();
    edge.deliver({ payload: 1 }, { payload: 2 });
    await edge.until(() => edge.connection.acks.includes(2), "the ack");
    expect(got).toEqual([1, 2]);
    expect(errors).toMatchObject([
      { code: "HANDLER", message: "a handler of the app failed: mine", cause: { message: "mine" } },
    ]);
  },
);

test("a handler that closes the client gets no more, and what it had is not acked", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => {
    got.push(payload);
    if (payload === 2) void allspark.close();
  });
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 }, { payload: 3 });
  await edge.until(() => edge.connection.closeCode !== undefined, "the close");
  expect(got).toEqual([1, 2]);
  expect(edge.connection.acks).toEqual([1]);
});
