/** Tells the sessions that want to know it when their node comes online and goes. */
import type { Wait } from "../domain/pause.ts";
import type { Entry, NodeSessionEntries } from "./node-session-entries.ts";
import type { NodeSessionsPort } from "./node-sessions-port.ts";

export class NodePresence {
  readonly #entries: NodeSessionEntries;
  readonly #port: NodeSessionsPort;

  constructor(entries: NodeSessionEntries, port: NodeSessionsPort) {
    this.#entries = entries;
    this.#port = port;
  }

  /** Tells those that believe otherwise; call it at the end of a tick. Answers what has to wait. */
  tell(now: number): Wait[] {
    const waits: Wait[] = [];
    for (const entry of this.#entries) {
      if (!entry.watched || entry.isTelling || entry.toldOnline === this.#port.outbox.online) continue;
      if (entry.tellPause.isOver(now)) void this.#tell(entry);
      else waits.push(entry.tellPause);
    }
    return waits;
  }

  async #tell(entry: Entry): Promise<void> {
    entry.isTelling = true;
    try {
      while (entry.toldOnline !== this.#port.outbox.online && this.#entries.isCurrent(entry)) {
        const isOnline = this.#port.outbox.online;
        await this.#port.session(entry.sessionId).presence(this.#port.nodeId, isOnline);
        entry.toldOnline = isOnline;
        this.#entries.save(entry);
      }
      entry.tellPause.end();
    } catch (error) {
      console.error("telling a session failed:", (error as Error).message);
      entry.tellPause.failed(Date.now(), this.#port.random());
      this.#port.changed();
    } finally {
      entry.isTelling = false;
    }
  }
}
