/** Changes of a node's client that come while an earlier one is still under way. */
import { afterEach, expect, test, vi } from "vitest";
import { ClientObject } from "../../../src/durable/client.ts";
import { env, newId } from "../http/edge.ts";
import { Client } from "./client.ts";
import { query } from "./storage.ts";

afterEach(() => void vi.restoreAllMocks());

/** Has every ClientObject take nodes only from when `open` is called. Objects run in the isolate of the tests. */
function holdBack() {
  const { promise, resolve } = Promise.withResolvers<void>();
  // oxlint-disable-next-line typescript/unbound-method -- called with the object that it was called on
  const { addNode } = ClientObject.prototype;
  const held = vi.spyOn(ClientObject.prototype, "addNode").mockImplementation(async function (
    this: ClientObject,
    nodeId,
  ) {
    await promise;
    return addNode.call(this, nodeId);
  });
  return { held, open: resolve };
}

const nodesOf = async (clientId: string) =>
  (await query<{ node_id: string }>(env.CLIENT.getByName(clientId), "SELECT node_id FROM client_node")).map(
    ({ node_id }) => node_id,
  );

test("a connection that names no client does not undo one that was set while it waited", async () => {
  const [nodeId, first, assigned] = [newId(), newId("first"), newId("assigned")];
  const node = env.NODE.getByName(nodeId);
  const opened = () => query(node, "SELECT id FROM used_validation_key");
  const gate = holdBack();
  const named = Client.connect(nodeId, { clientId: first });
  await vi.waitFor(() => expect(gate.held).toHaveBeenCalled(), 5_000);
  const put = node.assign({ clientId: assigned, addr: "10.0.0.7" });
  await vi.waitFor(async () => expect((await node.describe()).addr).toBe("10.0.0.7"), 5_000);
  const unnamed = Client.connect(nodeId);
  await vi.waitFor(async () => expect(await opened()).toHaveLength(2), 5_000);
  gate.open();
  expect(await put).toMatchObject({ ok: true });
  const connections = await Promise.all([named, unnamed]);
  expect(await node.describe()).toMatchObject({ client_id: assigned });
  expect([await nodesOf(first), await nodesOf(assigned)]).toEqual([[], [nodeId]]);
  await Promise.all(connections.map((client) => client.close()));
});
