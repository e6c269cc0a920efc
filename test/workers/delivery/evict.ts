/** Takes objects out of memory, as the platform does between any two events of a quiet one. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "../http/edge.ts";

type Options = Parameters<typeof evictDurableObject>[1];

/** Evicts the objects of these nodes; one that is not in memory is fine as it is. Waits for what they have in flight. */
export async function evictNodes(nodeIds: readonly string[], options?: Options): Promise<void> {
  await Promise.all(nodeIds.map((nodeId) => evict(env.NODE.getByName(nodeId), options)));
}

/** The same for clients. */
export async function evictClients(clientIds: readonly string[]): Promise<void> {
  await Promise.all(clientIds.map((clientId) => evict(env.CLIENT.getByName(clientId))));
}

async function evict(stub: DurableObjectStub, options?: Options): Promise<void> {
  try {
    await evictDurableObject(stub, options);
  } catch (error) {
    if (!(error as Error).message.includes("not currently running")) throw error;
  }
}
