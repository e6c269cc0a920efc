/** Members whose objects have yet to be told where they stand: at the end of a tick, and where that failed after a while. */
import type { Member } from "../domain/session/member.ts";
import { LIMITS } from "../protocol/limits.ts";
import { inParallel } from "../domain/in-parallel.ts";

export class UntoldMembers {
  readonly #due = new Set<Member>();
  readonly #unreached = new Set<Member>();
  #retryAt: number | undefined;
  #isTelling = false;

  /** When those that could not be reached are tried again, ms. */
  get retryAt(): number | undefined {
    return this.#retryAt;
  }

  add(member: Member): void {
    this.#due.add(member);
  }

  /** One that an earlier life of the session's object did not reach. */
  addUnreached(member: Member): void {
    this.#unreached.add(member);
    this.#retryAt ??= Date.now() + LIMITS.sessionRetellMs;
  }

  /** Tells all that are due; `tell` answers false where a member's object could not be reached. */
  async tell(tell: (member: Member) => Promise<boolean>): Promise<void> {
    if (this.#isTelling || this.#due.size === 0) return;
    this.#isTelling = true;
    try {
      while (this.#due.size > 0) {
        const members = [...this.#due];
        this.#due.clear();
        await inParallel(members, LIMITS.sessionJoinsInFlight, async (member) => {
          if (!(await tell(member))) this.addUnreached(member);
        });
      }
    } finally {
      this.#isTelling = false;
    }
  }

  /** Makes those due again that could not be reached, where it is time. */
  retry(now: number): void {
    if (this.#retryAt === undefined || this.#retryAt > now) return;
    this.#retryAt = undefined;
    for (const member of this.#unreached) this.#due.add(member);
    this.#unreached.clear();
  }
}
