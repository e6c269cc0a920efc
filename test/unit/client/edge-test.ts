/** `test` with a fake edge and clients of it: quick to reconnect, closed in the end, and nothing that they sent was wrong. */
import assert from "node:assert/strict";
import { test as base, expect } from "vitest";
import { Allspark } from "../../../src/client/allspark.ts";
import type { AllsparkOptions } from "../../../src/client/options.ts";
import type { Status } from "../../../src/client/status.ts";
import { FakeEdge } from "../../support/fake-edge.ts";

interface Fixtures {
  edge: FakeEdge;
  /** A client that nobody has connected yet. */
  client: (options?: Partial<AllsparkOptions>) => Allspark;
}

export const test = base.extend<Fixtures>({
  edge: async ({ task: _ }, use) => {
    const edge = await FakeEdge.start();
    await use(edge);
    await edge.stop();
    assert.deepEqual(edge.violations, []);
  },
  client: async ({ edge }, use) => {
    const clients: Allspark[] = [];
    await use((options = {}) => {
      const { url } = edge;
      const client = new Allspark({ url, authKey: () => "alice", reconnectBaseMs: 5, reconnectCapMs: 20, ...options });
      clients.push(client);
      return client;
    });
    await Promise.all(clients.map((client) => client.close()));
  },
});

/** Resolves with the status when the client is in that state, at the latest in ten seconds. */
export async function inState<S extends Status["state"]>(client: Allspark, state: S): Promise<Status & { state: S }> {
  await expect.poll(() => client.status.state, { interval: 5, timeout: 10_000 }).toBe(state);
  return client.status as Status & { state: S };
}

/** What it rejects with; to be asked for before it does, so that no rejection goes unhandled. */
export function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error("it resolved"),
    (error: unknown) => error,
  );
}
