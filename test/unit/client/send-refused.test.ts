/** Refusals on the socket: -1, -3 and -5, and those that mean "slower". */
import { expect } from "vitest";
import { test } from "./edge-test.ts";

test.for([
  [-1, "EXPIRED", false],
  [-1, "INBOX_FULL", true],
  [-1, "UNAVAILABLE", true],
  [-1, "DEPOSED", false],
  [-3, "NODE_NOT_REGISTERED", false],
  [-5, "SESSION_UNAUTHORIZED", false],
] as const)(
  "%i %s rejects the promise of its message, and no other",
  async ([as, refuse, temporary], { edge, client }) => {
    edge.onMessage = ({ payload }) => (payload === 2 ? { refuse, as } : "ack");
    const allspark = client();
    await allspark.connect();
    const sent = [1, 2, 3].map((payload) => allspark.send({ to: "bob", payload }));
    const outcomes = await Promise.allSettled(sent);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const { reason } = outcomes[1] as PromiseRejectedResult;
    expect(reason).toMatchObject({ name: "RefusedError", code: refuse, temporary, status: undefined });
    expect(allspark.unacked).toBe(0);
    // It is settled for good.
    edge.mayLack(edge.received[1]!.id!);
    edge.connection.cut();
    await edge.connected(2);
    await allspark.send({ to: "bob", payload: 4 });
    expect(edge.received.map(({ payload }) => payload)).toEqual([1, 2, 3, 4]);
  },
);

test("an error without an id is an event", async ({ edge, client }) => {
  const allspark = client();
  const errors: unknown[] = [];
  allspark.on("error", (error) => errors.push(error));
  await allspark.connect();
  edge.connection.send({ type: -1, payload: { code: "BAD_FRAME", message: "no JSON", temporary: false } });
  await expect.poll(() => errors).toMatchObject([{ name: "RefusedError", code: "BAD_FRAME", message: "no JSON" }]);
});

test.for(["RATE_LIMITED", "SLOW_DOWN"] as const)(
  "%s: sent again after a while, in order and before what is newer",
  async (refuse, { edge, client }) => {
    const refused = new Set<unknown>();
    edge.onMessage = ({ payload }) => {
      if ((payload as number) < 2 || refused.has(payload)) return "ack";
      refused.add(payload);
      return { refuse };
    };
    const allspark = client();
    await allspark.connect();
    const sent = [0, 1, 2, 3, 4].map((payload) => allspark.send({ to: "bob", payload }));
    // The acks of one frame come behind its refusals.
    await sent[1];
    edge.onMessage = () => "ack";
    sent.push(allspark.send({ to: "bob", payload: 5 }));
    await Promise.all(sent);
    expect(edge.taken.map(({ payload }) => payload)).toEqual([0, 1, 2, 3, 4, 5]);
  },
);

test("a connection that breaks while it waits to send again ends the wait", async ({ edge, client }) => {
  edge.onMessage = () => ({ refuse: "SLOW_DOWN" });
  const allspark = client();
  await allspark.connect();
  const sent = [1, 2].map((payload) => allspark.send({ to: "bob", payload }));
  await edge.until(() => edge.received.length === 2, "both");
  edge.onMessage = () => "ack";
  edge.connection.cut();
  await Promise.all(sent);
  expect(edge.taken.map(({ payload }) => payload)).toEqual([1, 2]);
});
