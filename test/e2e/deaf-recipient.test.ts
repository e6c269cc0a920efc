/** A client that has stopped reading its socket: what the edge writes to it all the same is bounded, the rest is stored. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { LIMITS } from "../../src/protocol/limits.ts";
import { openSocket, preConnect, withParameters } from "../support/connect.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { Signal } from "../support/signal.ts";
import { V1Client } from "../support/v1-client.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge({ env: { ALLSPARK_BYTES_PER_SECOND: String(256 * 1024 * 1024) } });
}, 90_000);
afterAll(() => edge.close());

test("a classic client that reads nothing gets 8 MiB; what follows waits in its inbox", async () => {
  const key = edge.key("deaf");
  const { ws_url, validation_key } = await preConnect(edge.url, key);
  const deaf = await openSocket(withParameters(ws_url, { auth_key: key, validation_key }), [], () => {});
  deaf.pause();

  const sender = await V1Client.connect({ url: edge.url, key: edge.key("sender") });
  const payload = "x".repeat(512 * 1024);
  const count = 24;
  for (let i = 0; i < count; i++) {
    sender.send({ id: `m${i}`, dest_id: "deaf", type: 1, payload });
    // A lane holds 8 MiB; more at once would be told to slow down.
    if (i % 8 === 7) await sender.settled(30_000);
  }
  const delivered = [...sender.acked.values()].filter((status) => status === "delivered").length;
  expect(sender.acked.size).toBe(count);
  expect(delivered).toBeGreaterThan(0);
  expect(delivered * payload.length).toBeLessThanOrEqual(LIMITS.maxUnprovenBytes);

  // It reads and speaks again: new messages reach it at once.
  const signal = new Signal();
  let last = "";
  deaf.on("message", (data: Buffer) => {
    last = data.toString();
    signal.changed();
  });
  deaf.resume();
  deaf.send("{}");
  sender.send({ id: "again", dest_id: "deaf", type: 1 });
  await signal.until(() => last.includes('"again"'), 10_000, "a message after it reads again");
  await sender.settled(10_000);
  expect(sender.acked.get("again")).toBe("delivered");
  deaf.close();
  await sender.close();
});
