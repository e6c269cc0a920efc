/** What memory knows of the way from a session to each of its members. */
import type { Member } from "./member.ts";

export interface Way<Call> {
  /** What the member was called with and has not answered, oldest first. */
  readonly calls: Set<Call>;
  /** How often it has asked for what it lacks, and where the last page that it got ended. */
  asked: number;
  next: number | undefined;
}

export class Ways<Call> {
  readonly #ways = new WeakMap<Member, Way<Call>>();

  to(member: Member): Way<Call> {
    let way = this.#ways.get(member);
    if (way === undefined) this.#ways.set(member, (way = { calls: new Set(), asked: 0, next: undefined }));
    return way;
  }
}
