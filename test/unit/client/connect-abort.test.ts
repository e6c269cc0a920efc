/** connect({ signal }): giving up ends trying. */
import { expect } from "vitest";
import { inState, rejectionOf, test } from "./edge-test.ts";

test("an aborted signal rejects at once, and nothing is asked of the edge", async ({ edge, client }) => {
  const allspark = client();
  await expect(allspark.connect({ signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
  expect(allspark.status.state).toBe("idle");
  expect(edge.calls).toEqual([]);
});

test("aborting while the edge does not answer rejects with the reason and closes", async ({ edge, client }) => {
  edge.nextPreConnections.push({ hang: true });
  const allspark = client();
  const controller = new AbortController();
  const connecting = allspark.connect({ signal: controller.signal });
  await edge.until(() => edge.keys.length === 1, "the pre-connection");
  controller.abort(new Error("enough"));
  await expect(connecting).rejects.toThrow("enough");
  expect(allspark.status).toEqual({ state: "closed" });
});

test("aborting while it waits to try again ends that, and what was sent rejects", async ({ edge, client }) => {
  edge.nextPreConnections.push({ cut: true });
  const allspark = client({ reconnectBaseMs: 1e6, reconnectCapMs: 1e6 });
  const controller = new AbortController();
  const connecting = allspark.connect({ signal: controller.signal });
  const sent = rejectionOf(allspark.send({ to: "bob" }));
  await inState(allspark, "waiting");
  controller.abort();
  await expect(connecting).rejects.toMatchObject({ name: "AbortError" });
  expect(await sent).toMatchObject({ code: "CLOSED" });
});

test("aborting once it is connected changes nothing", async ({ client }) => {
  const allspark = client();
  const controller = new AbortController();
  await allspark.connect({ signal: controller.signal });
  controller.abort();
  expect(await allspark.send({ to: "bob" })).toMatchObject({ status: "delivered" });
});
