/** What became of the messages that came to a node lately: one that comes twice gets the earlier answer. */
import { LIMITS } from "../protocol/limits.ts";
import { Fate } from "./fate.ts";
import type { Inbox } from "./inbox.ts";
import { RecentIds } from "./recent-ids.ts";

/** Under which source the messages of a session are remembered; no node_id holds a control character. */
export function sessionSource(sessionId: string): string {
  return `\u0000${sessionId}`;
}

export class RecentMessages {
  readonly #inbox: Inbox;
  readonly #fates = new RecentIds<Fate>({
    idsPerSource: LIMITS.dedupIdsPerSource,
    sources: LIMITS.dedupSources,
    ids: LIMITS.dedupIds,
  });
  #loaded = false;

  constructor(inbox: Inbox) {
    this.#inbox = inbox;
  }

  get(src: string, id: string): Fate | undefined {
    if (!this.#loaded) this.#load();
    return this.#fates.get(src, id);
  }

  set(src: string, id: string, fate: Fate): void {
    this.#fates.set(src, id, fate);
  }

  /** After a restart, the newest messages of the inbox say what was already taken. */
  #load(): void {
    this.#loaded = true;
    const stored = new Fate();
    stored.settle("stored");
    for (const { src_id, id, session_seq, dest_session_id } of this.#inbox.newest(LIMITS.dedupIdsPerSource)) {
      // Classic clients may have numbered theirs.
      if (typeof id !== "string" && typeof id !== "number") continue;
      if (session_seq === undefined) this.#fates.set(src_id, String(id), stored);
      else this.#fates.set(sessionSource(String(dest_session_id)), `${src_id}\n${id}`, stored);
    }
  }
}
