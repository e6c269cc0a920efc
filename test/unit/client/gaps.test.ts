/** What will never come is told, and acked like a message. */
import { expect } from "vitest";
import type { Gap } from "../../../src/client/events.ts";
import { test } from "./edge-test.ts";

test("a gap of the inbox is an event, in its place, and acked by its end", async ({ edge, client }) => {
  const allspark = client();
  const log: unknown[] = [];
  allspark.on("message", ({ payload }) => void log.push(payload));
  allspark.on("gap", (gap: Gap) => log.push(gap));
  await allspark.connect();
  edge.lastSeq = 4;
  edge.connection.send(
    { seq: 1, src_id: "bob", payload: 1 },
    { type: -7, payload: { from_seq: 2, to_seq: 3, reason: "ttl" } },
    { seq: 4, src_id: "bob", payload: 4 },
  );
  await edge.until(() => edge.connection.acks.includes(4), "the ack");
  expect(log).toEqual([1, { session: undefined, fromSeq: 2, toSeq: 3, reason: "ttl" }, 4]);
});

test("a gap alone is acked, and moves the cursor", async ({ edge, client }) => {
  const allspark = client();
  const gaps: Gap[] = [];
  allspark.on("gap", (gap) => gaps.push(gap));
  await allspark.connect();
  edge.lastSeq = 3;
  edge.connection.send({ type: -7, payload: { from_seq: 1, to_seq: 3, reason: "expired" } });
  await edge.until(() => edge.connection.acks.includes(3), "the ack");
  edge.connection.cut();
  expect((await edge.connected(2)).resume).toEqual({ epoch: "epoch1", seq: 3 });
  expect(gaps).toHaveLength(1);
});

test("a gap of a session has its numbers, and a seq of its own", async ({ edge, client }) => {
  const allspark = client();
  const gaps: Gap[] = [];
  allspark.on("gap", (gap) => gaps.push(gap));
  await allspark.connect();
  edge.deliver({
    src_id: "s",
    session_seq: 41,
    type: -7,
    dest_session_id: "s",
    payload: { session_id: "s", from_seq: 12, to_seq: 41, reason: "cap" },
  });
  await edge.until(() => edge.connection.acks.includes(1), "the ack");
  expect(gaps).toEqual([{ session: "s", fromSeq: 12, toSeq: 41, reason: "cap" }]);
});
