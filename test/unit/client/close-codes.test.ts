/** Connections that end, by close code (PROTOCOL §5). */
import { expect } from "vitest";
import { inState, rejectionOf, test } from "./edge-test.ts";

test.for([4001, 4003, 4009, 4400, 4413])(
  "%i: failed, what is open rejects, send() refuses",
  async (code, { edge, client }) => {
    edge.onMessage = () => "hold";
    const allspark = client();
    await allspark.connect();
    const open = rejectionOf(allspark.send({ to: "bob" }));
    await edge.until(() => edge.received.length === 1, "the message");
    edge.connection.close(code, "because");
    expect(await open).toMatchObject({
      name: "ConnectionError",
      closeCode: code,
    });
    const { error } = await inState(allspark, "failed");
    expect(error).toMatchObject({ code: "DISCONNECTED", closeCode: code, temporary: false });
    expect(error.message).toContain(`${code} because`);
    await expect(allspark.send({ to: "bob" })).rejects.toBe(error);
    expect(allspark.unacked).toBe(0);
  },
);

test("connect() starts again from failed", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  edge.connection.close(4009);
  await inState(allspark, "failed");
  await allspark.connect();
  expect(await allspark.send({ to: "bob" })).toMatchObject({ status: "delivered" });
});

test.for([1000, 1001, 1011, 4201, 4202])("%i: it comes back and resumes", async (code, { edge, client }) => {
  const allspark = client();
  allspark.on("message", () => {});
  await allspark.connect();
  edge.deliver({ payload: 1 }, { payload: 2 });
  await edge.until(() => edge.connection.acks.includes(2), "the ack");
  edge.connection.close(code);
  const { resume } = await edge.connected(2);
  expect(resume).toEqual({ epoch: "epoch1", seq: 2 });
  await inState(allspark, "connected");
});

test("4101: it comes back with new keys", async ({ edge, client }) => {
  let count = 0;
  await client({ authKey: () => `alice:${++count}` }).connect();
  edge.connection.close(4101);
  await edge.connected(2);
  expect(edge.keys).toEqual(["alice:1", "alice:2"]);
});

test("4429: not before ten seconds", async ({ edge, client }) => {
  const allspark = client();
  await allspark.connect();
  const before = Date.now();
  edge.connection.close(4429);
  const { retryAt, cause } = await inState(allspark, "waiting");
  expect(retryAt - before).toBeGreaterThanOrEqual(10_000);
  expect(cause).toMatchObject({ closeCode: 4429, temporary: true });
});

test("no close frame: 1006, and what was open goes again", async ({ edge, client }) => {
  const allspark = client();
  const causes: unknown[] = [];
  allspark.on("status", (status) => status.state === "waiting" && causes.push(status.cause));
  await allspark.connect();
  edge.onMessage = () => "hold";
  const sent = allspark.send({ to: "bob" });
  await edge.until(() => edge.received.length === 1, "the message");
  edge.onMessage = () => "ack";
  edge.connection.cut();
  expect(await sent).toMatchObject({ status: "delivered" });
  expect(causes).toMatchObject([{ code: "DISCONNECTED", closeCode: 1006, temporary: true }]);
});

test("the client closes with 1000, behind everything that it sent", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  await allspark.connect();
  const sent = rejectionOf(allspark.send({ to: "bob", payload: "last" }));
  await Promise.resolve();
  await allspark.close();
  expect(await sent).toMatchObject({ code: "CLOSED" });
  await edge.until(() => edge.connection.closeCode !== undefined, "the close");
  expect(edge.connection.closeCode).toBe(1000);
  expect(edge.received.map(({ payload }) => payload)).toEqual(["last"]);
});
