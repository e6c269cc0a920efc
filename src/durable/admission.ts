/** Who may open a connection of a node, and what is noted of it. */
import type { ErrorCode } from "../protocol/errors.ts";
import type { ClientRegistration } from "./client-registration.ts";
import type { Caller } from "./rpc.ts";
import type { NodeStore } from "./sql/node-store.ts";
import type { UpgradeFacts } from "./upgrade.ts";

export class Admission {
  readonly #store: NodeStore;
  readonly #client: ClientRegistration;

  constructor(store: NodeStore, client: ClientRegistration) {
    this.#store = store;
    this.#client = client;
  }

  isRevoked({ issuedAt }: Caller): boolean {
    const { revokedAt } = this.#store.record;
    return revokedAt !== null && issuedAt < revokedAt;
  }

  /** Why it may not connect. Uses up its validation key. */
  refusal({ caller, validation }: UpgradeFacts): ErrorCode | undefined {
    if (this.isRevoked(caller)) return "AUTH_REVOKED";
    if (validation === undefined) return undefined;
    const unused = this.#store.useValidationKey(validation.id, validation.expiresAt, Date.now());
    return unused ? undefined : "VALIDATION_KEY_EXPIRED";
  }

  /**
   * A node that proved who it is without connecting: from now on nobody may bear its id in a session. An app node does so with
   * its first request, since it speaks in sessions without being a member; others by making themselves members.
   */
  noteSeen(isAppNode: boolean): void {
    const { firstSeenAt } = this.#store.record;
    if (firstSeenAt === null) this.#store.update({ firstSeenAt: Date.now(), isAppNode });
  }

  /** Notes who the node is; answers what went wrong. */
  register(caller: Caller): Promise<ErrorCode | undefined> {
    const { record } = this.#store;
    this.#store.update({ firstSeenAt: record.firstSeenAt ?? Date.now(), isAppNode: caller.app });
    return this.#client.set(caller.clientId);
  }
}
