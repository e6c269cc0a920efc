/** Keeps the ClientObjects in step with what a node's record says. */
import type { ClientObject } from "./client.ts";
import type { NodeStore } from "./sql/node-store.ts";

/**
 * Makes the node known to its client, and unknown to the one it belonged to before; nothing where that
 * was done before. False where it could not be done now, or the client has too many nodes.
 */
export async function registerWithClient(
  store: NodeStore,
  clients: DurableObjectNamespace<ClientObject>,
): Promise<boolean> {
  const { nodeId, clientId, clientRegistered } = store.record;
  if (clientRegistered === clientId) return true;
  try {
    if (clientRegistered !== null) await clients.getByName(clientRegistered).removeNode(nodeId);
    if (clientId !== null && !(await clients.getByName(clientId).addNode(nodeId)).ok) return false;
  } catch (error) {
    console.error("client registration failed:", (error as Error).message);
    return false;
  }
  store.update({ clientRegistered: clientId });
  return true;
}
