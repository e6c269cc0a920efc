/**
 * Who is in a session, in the order of joining, and under which name. Names are unique: the node_ids of
 * known members and the anonymous_ids of the others are one set. The real id of an anonymous member is
 * in no way part of it, so that nothing can be learnt by trying.
 */
import type { ErrorCode } from "../../protocol/errors.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { type Member, shownName } from "./member.ts";

export interface MemberStore {
  /** All members, in the order of joining. */
  all(): Member[];
  put(member: Member): void;
  delete(nodeId: string): void;
}

export class Roster {
  readonly #store: MemberStore;
  readonly #byNode = new Map<string, Member>();
  readonly #byName = new Map<string, Member>();
  #nextPosition = 1;

  constructor(store: MemberStore) {
    this.#store = store;
    for (const member of store.all()) this.#index(member);
  }

  get size(): number {
    return this.#byNode.size;
  }

  /** In the order of joining. */
  [Symbol.iterator](): Iterator<Member> {
    return this.#byNode.values();
  }

  get(nodeId: string): Member | undefined {
    return this.#byNode.get(nodeId);
  }

  /** The member that the others know by this name. */
  named(name: string): Member | undefined {
    return this.#byName.get(name);
  }

  /** Why nobody may be added: SESSION_FULL, or NAME_TAKEN where a member goes by that name already. */
  refusal(name: string | undefined): ErrorCode | undefined {
    if (this.#byNode.size >= LIMITS.maxSessionMembers) return "SESSION_FULL";
    return name !== undefined && this.#byName.has(name) ? "NAME_TAKEN" : undefined;
  }

  /**
   * Adds a node that is no member yet; not live, lacking everything from `behindFrom` on, until the caller says otherwise.
   * `told`: its own object knows of it already. `addedBy`: the node that adds it, where that is another.
   * Refused as by `refusal`.
   */
  add(
    {
      nodeId,
      anonymousId,
      behindFrom,
      told = true,
      addedBy = null,
    }: { nodeId: string; anonymousId: string | null; behindFrom: number; told?: boolean; addedBy?: string | null },
    now: number,
  ): Member | ErrorCode {
    const refusal = this.refusal(anonymousId ?? nodeId);
    if (refusal !== undefined) return refusal;
    const member: Member = {
      nodeId,
      position: this.#nextPosition,
      joinedAt: now,
      anonymousId,
      addedBy,
      revealed: false,
      behindFrom,
      told,
      live: false,
      online: false,
      offlineSince: null,
      deposed: false,
      wakes: false,
      wakeFrom: 0,
    };
    this.#index(member);
    this.#store.put(member);
    return member;
  }

  remove(member: Member): void {
    this.#byNode.delete(member.nodeId);
    for (const name of [member.nodeId, member.anonymousId]) {
      if (name !== null && this.#byName.get(name) === member) this.#byName.delete(name);
    }
    this.#store.delete(member.nodeId);
  }

  /** Lets the others know an anonymous member by its node_id; its anonymous_id goes on to reach it. */
  reveal(member: Member): "NAME_TAKEN" | undefined {
    if (this.#byName.has(member.nodeId)) return "NAME_TAKEN";
    member.revealed = true;
    this.#byName.set(member.nodeId, member);
    this.#store.put(member);
    return undefined;
  }

  /** Writes what was changed of a member. */
  save(member: Member): void {
    if (this.#byNode.get(member.nodeId) === member) this.#store.put(member);
  }

  /** The session_seq from which on some member may still need the log; undefined where none does. */
  neededFrom(): number | undefined {
    let from: number | undefined;
    for (const { behindFrom } of this.#byNode.values()) {
      if (behindFrom !== null && (from === undefined || behindFrom < from)) from = behindFrom;
    }
    return from;
  }

  #index(member: Member): void {
    this.#byNode.set(member.nodeId, member);
    this.#byName.set(shownName(member), member);
    if (member.anonymousId !== null) this.#byName.set(member.anonymousId, member);
    this.#nextPosition = Math.max(this.#nextPosition, member.position + 1);
  }
}
