/** A revocation closes the node's sockets and refuses its older keys, also where its object was out of memory. */
import { afterEach, expect, test, vi } from "vitest";
import { ClientObject } from "../../../src/durable/client.ts";
import { CLOSE } from "../../../src/protocol/close-codes.ts";
import { appKey, authKey, bearer, call, expectError, newId, preConnect, upgrade } from "../http/edge.ts";
import { Client } from "./client.ts";
import { evictNodes } from "./evict.ts";

afterEach(() => void vi.restoreAllMocks());

async function revoke(nodeId: string): Promise<unknown> {
  const headers = bearer(await appKey());
  return (await call(`/v1/nodes/${nodeId}/revoke`, { method: "POST", headers })).json();
}

test("sockets that sleep are closed with 4003, old keys stay refused, new ones work", async () => {
  const nodeId = newId();
  const old = await authKey(nodeId, {}, 1_000);
  const { validation_key } = await preConnect(old);
  const [v1, classic] = [await Client.connect(nodeId), await Client.connect(nodeId, { mode: "classic" })];
  await evictNodes([nodeId]);
  expect(await revoke(nodeId)).toMatchObject({ closed_connections: 2 });
  expect(await Promise.all([v1.closed(), classic.closed()])).toEqual([CLOSE.REVOKED, CLOSE.REVOKED]);

  for (let i = 0; i < 2; i++) {
    await evictNodes([nodeId]);
    const asked = await call("/v1/connections", { method: "POST", headers: bearer(old) });
    await expectError(asked, "AUTH_REVOKED");
    await evictNodes([nodeId]);
    await expectError(await upgrade(`/connectV3?auth_key=${old}&validation_key=${validation_key}`), "AUTH_REVOKED");
  }

  const again = await Client.connect(nodeId);
  await evictNodes([nodeId]);
  expect(again.closeCode).toBeUndefined();
  await again.close();
});

test("what a revoked socket had not acked waits for a new one", async () => {
  const [a, b] = [newId("a"), newId("b")];
  const [sender, revoked] = await Promise.all([Client.connect(a), Client.connect(b)]);
  sender.send({ id: "m1", dest_id: b, type: 1 }, { id: "m2", dest_id: b, type: 1 });
  await revoked.received(2);
  await evictNodes([b]);
  await revoke(b);
  expect(await revoked.closed()).toBe(CLOSE.REVOKED);
  expect(await sender.settled("m1", "m2")).toEqual(["stored", "stored"]);
  await evictNodes([b]);
  const again = await Client.connect(b);
  await again.received(2);
  expect(again.messages.map(({ id }) => id)).toEqual(["m1", "m2"]);
  again.ack();
  await Promise.all([sender.close(), again.close()]);
});

test("a connection that is being opened with an old key does not outlive it", async () => {
  const [nodeId, clientId] = [newId(), newId("client")];
  const old = await authKey(nodeId, { clientId }, 1_000);
  const { validation_key } = await preConnect(old);
  // The node is revoked while it tells its client of itself. Objects run in the isolate of the tests.
  const { promise: told, resolve: tell } = Promise.withResolvers<void>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  vi.spyOn(ClientObject.prototype, "addNode").mockImplementation(async () => {
    ask();
    await told;
    return { ok: true };
  });
  const opening = upgrade(`/connectV3?auth_key=${old}&validation_key=${validation_key}`);
  await asked;
  await revoke(nodeId);
  tell();
  const response = await opening;
  // Its body belongs to the object's context, which the spy's promise has mixed with this one: the status says enough.
  expect(response.status).toBe(401);
});
