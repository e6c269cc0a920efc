/** Revoking a node closes its sockets and refuses the keys it had, not the ones it gets later. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLOSE } from "../../src/protocol/close-codes.ts";
import { type Edge, startEdge } from "../support/edge.ts";
import { V1Client } from "../support/v1-client.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
}, 90_000);
afterAll(() => edge.close());

test(
  "live sockets close with 4003, old keys are refused, also after SIGKILL, new ones work",
  { timeout: 60_000 },
  async () => {
    const now = Math.floor(Date.now() / 1000);
    const oldKey = edge.key("stolen", { iat: now - 10 });
    const [one, two] = await Promise.all([
      V1Client.connect({ url: edge.url, key: oldKey }),
      V1Client.connect({ url: edge.url, key: oldKey }),
    ]);
    expect((await edge.call("POST", "/v1/nodes/stolen/revoke", edge.key("stolen"))).status).toBe(403);

    const revoked = await edge.call("POST", "/v1/nodes/stolen/revoke", edge.key("the-app", { app: true }));
    expect(revoked).toMatchObject({ status: 200, body: { closed_connections: 2 } });
    await Promise.all([one.closed(5_000), two.closed(5_000)]);
    expect([one.closeCode, two.closeCode]).toEqual([CLOSE.REVOKED, CLOSE.REVOKED]);

    const refused = { status: 401, body: { error: { code: "AUTH_REVOKED", temporary: false } } };
    expect(await edge.call("GET", "/v1/nodes/stolen", oldKey)).toMatchObject(refused);
    await expect(V1Client.connect({ url: edge.url, key: oldKey })).rejects.toThrow("AUTH_REVOKED");
    await edge.restart();
    expect(await edge.call("GET", "/v1/nodes/stolen", oldKey)).toMatchObject(refused);

    const again = await V1Client.connect({ url: edge.url, key: edge.key("stolen", { iat: now + 5 }) });
    expect(again.welcome?.node_id).toBe("stolen");
    await again.close();
  },
);
