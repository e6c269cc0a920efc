/**
 * Tells the sessions of a node what they want to know of it, when that changes: whether it is online, where they are watched,
 * and whether it wants to be woken for what it misses.
 */
import type { Wait } from "../domain/pause.ts";
import type { Entry, NodeSessionEntries } from "./node-session-entries.ts";
import type { NodeSessionsPort } from "./node-sessions-port.ts";

export class NodeTellings {
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
      if (entry.isTelling || (!this.#lacksPresence(entry) && !this.#lacksWakes(entry))) continue;
      if (entry.tellPause.isOver(now)) void this.#tell(entry);
      else waits.push(entry.tellPause);
    }
    return waits;
  }

  #lacksPresence({ watched, toldOnline }: Entry): boolean {
    return watched && toldOnline !== this.#port.outbox.online;
  }

  #lacksWakes({ toldWakes }: Entry): boolean {
    return toldWakes !== this.#port.wantsWakes();
  }

  async #tell(entry: Entry): Promise<void> {
    entry.isTelling = true;
    try {
      while (this.#entries.isCurrent(entry)) {
        if (this.#lacksPresence(entry)) await this.#tellPresence(entry);
        else if (this.#lacksWakes(entry)) await this.#tellWakes(entry);
        else break;
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

  async #tellPresence(entry: Entry): Promise<void> {
    const isOnline = this.#port.outbox.online;
    await this.#port.session(entry.sessionId).presence(this.#port.nodeId, isOnline);
    entry.toldOnline = isOnline;
  }

  async #tellWakes(entry: Entry): Promise<void> {
    const wakes = this.#port.wantsWakes();
    await this.#port.session(entry.sessionId).wakes(this.#port.nodeId, wakes);
    entry.toldWakes = wakes;
  }
}
