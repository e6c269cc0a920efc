/** The ways to wake a node: registered, listed, removed, and which of them a push takes. */
import { isDeliverable } from "../domain/push/deliverable.ts";
import { type PushKind, type PushTarget, targetName } from "../domain/push/target.ts";
import { FALLBACK_ID, type TargetToCall } from "../domain/push/task.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { PushConfig } from "../push/push-config.ts";
import type { PushStore, StoredTarget } from "./sql/push-store.ts";

type Config = Pick<PushConfig, "fcm" | "apns" | "vapid" | "webhook">;

export class PushTargets {
  readonly #store: PushStore;
  readonly #config: Config;
  readonly #newId: () => string;
  #all: StoredTarget[] = [];
  #toCall: readonly TargetToCall[] = [];

  /** `newId` makes a short random name. */
  constructor(store: PushStore, config: Config, newId: () => string) {
    this.#store = store;
    this.#newId = newId;
    this.#config = config;
    this.#set(store.targets());
  }

  /** Oldest first. */
  get all(): readonly StoredTarget[] {
    return this.#all;
  }

  /** The node's own that can be called; where there is none, the deployment's webhook, if it has one. */
  get toCall(): readonly TargetToCall[] {
    return this.#toCall;
  }

  #set(all: StoredTarget[]): void {
    this.#all = all;
    const own = all.filter(({ target }) => isDeliverable(target, this.#config));
    const { webhook } = this.#config;
    const isLeftOut = own.length > 0 || webhook === undefined;
    this.#toCall = isLeftOut ? own : [{ id: FALLBACK_ID, target: { kind: "webhook", ...webhook } }];
  }

  /** Adds a target, or takes the place of the one of that name; undefined, and nothing is changed, where there are too many. */
  add(target: PushTarget, now: number): StoredTarget | undefined {
    const name = targetName(target);
    const known = this.#all.find((other) => other.target.kind === target.kind && targetName(other.target) === name);
    if (known === undefined && this.#all.length >= LIMITS.maxPushTargetsOfNode) return undefined;
    if (known !== undefined && JSON.stringify(known.target) === JSON.stringify(target)) return known;
    // Another id where it changes: what a service says of a call that is under way is said of what it was.
    const stored: StoredTarget = { id: this.#newId(), target, addedAt: known?.addedAt ?? now };
    if (known !== undefined) this.#store.removeTarget(known.id);
    this.#store.saveTarget(stored);
    this.#set([...this.#all.filter((other) => other !== known), stored]);
    return stored;
  }

  /** Removes those of a kind, or the one among them with this name or this id. Answers how many went. */
  remove(kind: PushKind, { name, id }: { name?: string; id?: string } = {}): number {
    return this.#removeWhere(
      (stored) =>
        stored.target.kind === kind &&
        (name === undefined || targetName(stored.target) === name) &&
        (id === undefined || stored.id === id),
    );
  }

  /** A service says that it is no more. */
  removeDead(id: string): void {
    this.#removeWhere((stored) => stored.id === id);
  }

  removeAll(): void {
    this.#removeWhere(() => true);
  }

  #removeWhere(matches: (stored: StoredTarget) => boolean): number {
    const gone = this.#all.filter(matches);
    for (const { id } of gone) this.#store.removeTarget(id);
    if (gone.length > 0) this.#set(this.#all.filter((stored) => !gone.includes(stored)));
    return gone.length;
  }
}
