/** What React Native has of the web's API is less than it looks like; see docs/client.md, Runtimes. */
import { afterEach, expect, vi } from "vitest";
import { inState, rejectionOf, test } from "./edge-test.ts";

afterEach(() => vi.restoreAllMocks());

/** As that of the package abort-controller 3: without `reason` and `throwIfAborted`. */
class PlainController {
  readonly signal = Object.assign(new EventTarget(), { aborted: false }) as unknown as AbortSignal;

  abort(): void {
    Object.assign(this.signal, { aborted: true });
    this.signal.dispatchEvent(new Event("abort"));
  }
}

test("parameters of an address can be appended, but not set", async ({ edge, client }) => {
  vi.spyOn(URLSearchParams.prototype, "set").mockImplementation(() => {
    throw new Error("URLSearchParams.set is not implemented");
  });
  const allspark = client();
  await allspark.connect();
  edge.connection.cut();
  await edge.until(() => edge.connections.length === 2, "the second connection");
  edge.answers.set("GET /v1/sessions/s/history", { messages: [], more: false });
  expect(await allspark.sessions.history("s", { limit: 3 }).next()).toMatchObject({ done: true });
  expect(edge.calls.at(-1)?.path).toContain("limit=3");
});

test("signals have no reason: an AbortError takes its place", async ({ edge, client }) => {
  edge.onMessage = () => "hold";
  const allspark = client();
  const early = new PlainController();
  early.abort();
  const aborted = { name: "AbortError", message: "aborted" };
  await expect(allspark.connect({ signal: early.signal })).rejects.toMatchObject(aborted);
  await expect(allspark.send({ to: "bob" }, { signal: early.signal })).rejects.toMatchObject(aborted);
  const late = new PlainController();
  const sent = rejectionOf(allspark.send({ to: "bob" }, { signal: late.signal }));
  late.abort();
  expect(await sent).toMatchObject(aborted);
  const connecting = new PlainController();
  const connected = rejectionOf(allspark.connect({ signal: connecting.signal }));
  connecting.abort();
  expect(await connected).toMatchObject(aborted);
});

test("an edge that is not reached is told as that", async ({ client }) => {
  vi.spyOn(AbortSignal.prototype, "throwIfAborted").mockImplementation(() => {
    throw new TypeError("throwIfAborted is not a function");
  });
  const allspark = client({ fetch: () => Promise.reject(new TypeError("Network request failed")) });
  const connected = rejectionOf(allspark.connect());
  const { cause } = await inState(allspark, "waiting");
  expect(cause).toMatchObject({ code: "NETWORK", cause: { message: "Network request failed" } });
  await allspark.close();
  await connected;
});
