/**
 * One object for each client_id: the nodes of a user or account, and fan-out to all of them. It
 * stores no messages; each node's own object answers for what it was given.
 */
import { DurableObject } from "cloudflare:workers";
import { answerOf, Fate } from "../domain/fate.ts";
import type { LaneAnswer, LaneBatch, LaneStatus } from "../domain/lane.ts";
import { LaneReceiver } from "../domain/lane-receiver.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../protocol/limits.ts";
import { Lanes } from "./lanes.ts";
import type { ClientRpc } from "./rpc.ts";
import { CLIENT_MIGRATIONS } from "./sql/manifest.ts";
import { migrate } from "./sql/migrate.ts";

export class ClientObject extends DurableObject<Env> implements ClientRpc {
  readonly #receiver = new LaneReceiver(LIMITS.dedupSources);
  readonly #lanes = new Lanes();
  #nodes: string[];

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    migrate(ctx.storage, CLIENT_MIGRATIONS, Date.now());
    this.#nodes = this.#load();
  }

  async addNode(nodeId: string): Promise<{ ok: boolean }> {
    if (this.#nodes.includes(nodeId)) return { ok: true };
    if (this.#nodes.length >= LIMITS.maxNodesPerClient) return { ok: false };
    this.ctx.storage.sql.exec("INSERT OR IGNORE INTO client_node VALUES (?, ?)", nodeId, Date.now());
    this.#nodes = this.#load();
    return { ok: true };
  }

  async removeNode(nodeId: string): Promise<void> {
    this.ctx.storage.sql.exec("DELETE FROM client_node WHERE node_id = ?", nodeId);
    this.#nodes = this.#load();
  }

  /** Sends each message to every node of the client but its sender; settled when all of them are. */
  deliver(batch: LaneBatch): Promise<LaneAnswer> {
    if (!this.#receiver.take(batch)) return Promise.resolve({ resync: true });
    const nodes = this.#nodes.filter((node) => node !== batch.src);
    const fates = batch.messages.map((message) => {
      const whole = new Fate();
      if (this.#nodes.length === 0) whole.settle("CLIENT_UNKNOWN");
      const parts: LaneStatus[] = [];
      for (const node of nodes) {
        const settle = (status: LaneStatus) => {
          parts.push(status);
          if (parts.length === nodes.length) whole.settle(combine(parts));
        };
        if (!this.#lanes.offer(batch.src, node, () => this.env.NODE.getByName(node), message, settle)) {
          settle("SLOW_DOWN");
        }
      }
      if (nodes.length === 0) whole.settle("delivered");
      return whole;
    });
    this.#lanes.flushAll();
    return Promise.resolve(answerOf(fates));
  }

  #load(): string[] {
    return this.ctx.storage.sql
      .exec<{ node_id: string }>("SELECT node_id FROM client_node ORDER BY added_at, node_id")
      .toArray()
      .map((row) => row.node_id);
  }
}

/**
 * What the sender is told of a message to several nodes. A refusal by any is a refusal: sent again,
 * the message is dropped as a duplicate where it had arrived.
 */
function combine(parts: readonly LaneStatus[]): LaneStatus {
  const known: readonly LaneStatus[] = ["delivered", "stored", "offline", "dropped"];
  const refused = parts.find((status) => !known.includes(status));
  if (refused !== undefined) return refused;
  if (parts.every((status) => status === "dropped")) return "dropped";
  if (parts.every((status) => status === "delivered" || status === "dropped")) return "delivered";
  return parts.every((status) => status === "offline") ? "offline" : "stored";
}
