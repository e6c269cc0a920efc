/** Keeps a node's record and the ClientObjects in step about whose node it is. */
import type { ErrorCode } from "../protocol/errors.ts";
import type { ClientObject } from "./client.ts";
import type { NodeStore } from "./sql/node-store.ts";

export class ClientRegistration {
  readonly #store: NodeStore;
  readonly #clients: DurableObjectNamespace<ClientObject>;
  /** Changes come one after another, so that the last one wins everywhere. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: NodeStore, clients: DurableObjectNamespace<ClientObject>) {
    this.#store = store;
    this.#clients = clients;
  }

  /**
   * Makes the node known to this client, or to none (null), and unknown to the one it belonged to before. undefined keeps
   * the one that it has when its turn comes, since what was read earlier may be out of date by then. Answers what went
   * wrong: CLIENT_FULL changes nothing; UNAVAILABLE is made up for by the next call.
   */
  set(clientId: string | null | undefined): Promise<ErrorCode | undefined> {
    const change = this.#last.then(() => this.#change(clientId));
    this.#last = change;
    return change;
  }

  async #change(wanted: string | null | undefined): Promise<ErrorCode | undefined> {
    const { nodeId, clientRegistered: before, clientId: kept } = this.#store.record;
    const clientId = wanted === undefined ? kept : wanted;
    this.#store.update({ clientId });
    if (before === clientId) return undefined;
    try {
      // First the new one: the node is never without a client that it should have.
      if (clientId !== null && !(await this.#clients.getByName(clientId).addNode(nodeId)).ok) {
        this.#store.update({ clientId: before });
        return "CLIENT_FULL";
      }
      if (before !== null) await this.#clients.getByName(before).removeNode(nodeId);
    } catch (error) {
      console.error("client registration failed:", (error as Error).message);
      return "UNAVAILABLE";
    }
    this.#store.update({ clientRegistered: clientId });
    return undefined;
  }
}
