/** The wire is at least once, the app sees each message once. */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

test("(src_id, id) names a message, whatever its seq; another sender's is another", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  edge.deliver({ src_id: "bob", id: "1", payload: "bob" }, { src_id: "bob", id: "1", payload: "bob again" });
  edge.deliver({ src_id: "carol", id: "1", payload: "carol" });
  await edge.until(() => edge.connection.acks.includes(3), "the ack of all");
  expect(got).toEqual(["bob", "carol"]);
});

test("in a session its name belongs to it", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  allspark.on("message", ({ payload }) => void got.push(payload));
  await allspark.connect();
  const message = { src_id: "bob", id: "1" };
  edge.deliver({ ...message, payload: "direct" }, { ...message, dest_session_id: "s", payload: "in s" });
  edge.deliver(
    { ...message, dest_session_id: "t", payload: "in t" },
    { ...message, dest_session_id: "s", payload: "again" },
  );
  await edge.until(() => edge.connection.acks.includes(4), "the ack of all");
  expect(got).toEqual(["direct", "in s", "in t"]);
});

test.for([
  ["with an id", { id: "1" }],
  ["without an id", {}],
] as const)(
  "a message %s that comes again while it is being handled is given once",
  async ([, fields], { edge, client }) => {
    const allspark = client();
    const got: unknown[] = [];
    let finish: () => void = () => {};
    allspark.on("message", ({ payload }) => {
      got.push(payload);
      return payload === "slow" ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
    });
    await allspark.connect();
    edge.deliver({ ...fields, payload: "slow" }, { payload: "next" });
    await expect.poll(() => got).toEqual(["slow"]);
    edge.connection.cut();
    await edge.connected(2);
    edge.connection.cut();
    const third = await edge.connected(3);
    await allspark.send({ to: "bob" });
    finish();
    await edge.until(() => third.acks.includes(2), "the ack");
    expect(got).toEqual(["slow", "next"]);
  },
);

test("one that was handled just before it comes again is given once, twice in a row", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  let finish: () => void = () => {};
  allspark.on("message", ({ payload }) => {
    got.push(payload);
    return new Promise<void>((resolve) => (finish = resolve));
  });
  await allspark.connect();
  edge.deliver({ payload: "no id" });
  await expect.poll(() => got).toEqual(["no id"]);
  // The next connection breaks before the message comes again.
  edge.first = (connection) => {
    if (edge.connections.length === 2) {
      finish();
      connection.cut();
    } else connection.welcome();
  };
  edge.connection.cut();
  const third = await edge.connected(3);
  await edge.until(() => third.acks.includes(1), "the ack");
  expect(got).toEqual(["no id"]);
});

test("a message without an id that was handled while the client was away is given once", async ({ edge, client }) => {
  const allspark = client();
  const got: unknown[] = [];
  let finish: () => void = () => {};
  allspark.on("message", ({ payload }) => {
    got.push(payload);
    return payload === "slow" ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
  });
  await allspark.connect();
  edge.deliver({ payload: "slow" });
  await expect.poll(() => got).toEqual(["slow"]);
  // WELCOME alone, then a break, and the message only on the third connection.
  edge.first = (connection) => {
    if (edge.connections.length > 2) connection.welcome();
    else {
      const waiting = edge.inbox.splice(0);
      connection.welcome();
      edge.inbox.push(...waiting);
    }
  };
  edge.connection.cut();
  await edge.connected(2);
  finish();
  await allspark.send({ to: "bob" });
  edge.connection.cut();
  const third = await edge.connected(3);
  await edge.until(() => third.acks.includes(1), "the ack");
  expect(got).toEqual(["slow"]);
});
