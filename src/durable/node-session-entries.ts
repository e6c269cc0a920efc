/** The sessions that a node is in, and what its object knows of each; in storage is what has to outlive memory. */
import { Pause } from "../domain/pause.ts";
import type { NodeSession, SqlNodeSessionStore } from "./sql/node-session-store.ts";

/** A session that the node is in, and how far it is with what it lacks. */
export interface Entry extends NodeSession {
  /** It lacks something, but what follows comes by calls again. */
  isLive: boolean;
  /** The lowest session_seq that could not be taken since the last page. */
  missedFrom: number | undefined;
  /** Characters of what no connection had room for; 0 where that is not known. */
  needs: number;
  /** It is being caught up with. */
  isPulling: boolean;
  /** After catching up with it failed. */
  readonly pullPause: Pause;
  /** A page is under way: calls wait for it, so that they are taken after it. */
  page: { taken: Promise<void>; release: () => void } | undefined;
  /** It is being told something of the node that has changed. */
  isTelling: boolean;
  /** After telling it failed. */
  readonly tellPause: Pause;
}

/** A session that is told nothing yet, and of which the node lacks nothing. */
export function newEntry(sessionId: string, byAnother: boolean): Entry {
  return entryOf({
    sessionId,
    watched: false,
    toldOnline: false,
    unreadFrom: null,
    byAnother,
    toldWakes: false,
  });
}

function entryOf(session: NodeSession): Entry {
  return {
    ...session,
    isLive: false,
    missedFrom: undefined,
    needs: 0,
    isPulling: false,
    pullPause: new Pause(),
    page: undefined,
    isTelling: false,
    tellPause: new Pause(),
  };
}

export class NodeSessionEntries {
  readonly #store: SqlNodeSessionStore;
  readonly #byId = new Map<string, Entry>();

  constructor(store: SqlNodeSessionStore) {
    this.#store = store;
    for (const session of store.all()) this.#byId.set(session.sessionId, entryOf(session));
  }

  get size(): number {
    return this.#byId.size;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#byId.values();
  }

  get(sessionId: string): Entry | undefined {
    return this.#byId.get(sessionId);
  }

  /** In memory; `save` keeps it. */
  set(entry: Entry): void {
    this.#byId.set(entry.sessionId, entry);
  }

  delete(sessionId: string): void {
    this.#byId.delete(sessionId);
    this.#store.delete(sessionId);
  }

  /** False where the node has left meanwhile, and perhaps joined again. */
  isCurrent(entry: Entry): boolean {
    return this.#byId.get(entry.sessionId) === entry;
  }

  save(entry: Entry): void {
    if (this.isCurrent(entry)) this.#store.put(entry);
  }
}
