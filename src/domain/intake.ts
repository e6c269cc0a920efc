/**
 * The way in to a node's outbox: duplicates are answered as the first time, the rest waits for a connection, is stored,
 * or is refused. Pure, as outbox.ts is.
 */
import type { Backlog } from "./backlog.ts";
import { Fate } from "./fate.ts";
import type { Inbox } from "./inbox.ts";
import type { LaneMessage, LaneStatus } from "./lane.ts";
import type { Accepted, OutboxNotes } from "./outbox.ts";
import type { Outlets } from "./outlets.ts";
import { RecentMessages, sessionSource } from "./recent-messages.ts";
import { SESSIONS } from "./stamp.ts";
import type { Waiting } from "./waiting.ts";

export interface IntakeParts {
  inbox: Inbox;
  backlog: Backlog;
  outlets: Outlets;
  waiting: Waiting;
  notes: OutboxNotes;
  /** Sends what is due, which may make room among what waits. */
  flush(now: number): void;
  /** Stores all that waits. */
  storeWaiting(now: number): void;
}

export class Intake {
  readonly #parts: IntakeParts;
  readonly #recent: RecentMessages;
  /** Messages since this object was started, duplicates not counted. */
  received = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#recent = new RecentMessages(parts.inbox);
  }

  get #online(): boolean {
    return this.#parts.outlets.size > 0;
  }

  /** Takes messages of one source, in order, and answers what becomes of each. */
  accept(src: string, messages: readonly LaneMessage[], now: number): Fate[] {
    const { backlog } = this.#parts;
    if (backlog.pending) backlog.drain(now);
    const toStore: Accepted[] = [];
    const fates = messages.map((message) => {
      const known = message.volatile ? undefined : this.#recent.get(src, message.id);
      if (known !== undefined) return known;
      const accepted: Accepted = { ...message, src, acceptedAt: now, fate: new Fate() };
      this.received++;
      const refusal = this.#place(accepted, toStore, now);
      if (refusal !== undefined) accepted.fate.settle(refusal);
      else if (!message.volatile) this.#recent.set(src, message.id, accepted.fate);
      return accepted.fate;
    });
    // One row for all of the batch.
    if (toStore.length > 0) backlog.store(toStore, this.#online ? "stored" : "offline", now);
    return fates;
  }

  /**
   * The same for messages of a session. What there is no connection or no room for is not stored: it is "offline" or
   * "behind", and so is what follows it. What is on a wire already is stored like any other.
   */
  acceptFromSession(sessionId: string, messages: readonly LaneMessage[], now: number): Fate[] {
    const { backlog, waiting } = this.#parts;
    if (backlog.pending) backlog.drain(now);
    const source = sessionSource(sessionId);
    let later: LaneStatus | undefined;
    return messages.map((message) => {
      const known = message.volatile ? undefined : this.#recent.get(source, message.id);
      if (known !== undefined && known.status !== "behind" && known.status !== "offline") return known;
      const accepted: Accepted = { ...message, src: SESSIONS, acceptedAt: now, fate: new Fate() };
      if (isExpired(message, now)) accepted.fate.settle("EXPIRED");
      else if (later === undefined && this.#mayWait(now)) {
        this.received++;
        waiting.push(accepted);
        if (!message.volatile) this.#recent.set(source, message.id, accepted.fate);
      } else if (message.volatile) accepted.fate.settle("dropped");
      else accepted.fate.settle((later ??= this.#online ? "behind" : "offline"));
      return accepted.fate;
    });
  }

  /** Stores messages of a session, past any connection; false, and nothing is stored, where the inbox has no room. */
  keepFromSession(sessionId: string, messages: readonly LaneMessage[], now: number): boolean {
    const { inbox, backlog } = this.#parts;
    const source = sessionSource(sessionId);
    const kept = messages.flatMap((message): Accepted[] => {
      const known = this.#recent.get(source, message.id)?.status;
      if (known === "delivered" || known === "stored") return [];
      return [{ ...message, src: SESSIONS, acceptedAt: now, fate: new Fate() }];
    });
    const bytes = kept.reduce((sum, { tail }) => sum + tail.length, 0);
    if (!inbox.hasRoom(kept.length, bytes)) this.#makeRoom(now);
    if (!inbox.hasRoom(kept.length, bytes)) return false;
    if (kept.length > 0) backlog.store(kept, "stored", now);
    for (const { id, fate } of kept) this.#recent.set(source, id, fate);
    return true;
  }

  /** Is there a connection, nothing stored ahead, and room among what waits for it? */
  #mayWait(now: number): boolean {
    const { backlog, outlets, waiting } = this.#parts;
    if (!this.#online || (backlog.pending && outlets.acking.length > 0)) return false;
    if (waiting.isFull) this.#parts.flush(now);
    return !waiting.isFull;
  }

  /** Where a new message goes; a status where it goes nowhere. */
  #place(message: Accepted, toStore: Accepted[], now: number): LaneStatus | undefined {
    const { backlog, outlets, waiting } = this.#parts;
    if (isExpired(message, now)) return "EXPIRED";
    const goesBehind = toStore.length > 0 || (backlog.pending && outlets.acking.length > 0);
    if (this.#online && !goesBehind) {
      if (this.#mayWait(now)) {
        waiting.push(message);
        return undefined;
      }
      this.#parts.storeWaiting(now);
    }
    if (message.volatile) return "dropped";
    if (!this.#hasRoomBeside(toStore, message)) {
      this.#makeRoom(now);
      if (!this.#hasRoomBeside(toStore, message)) return "INBOX_FULL";
    }
    toStore.push(message);
    return undefined;
  }

  #hasRoomBeside(others: readonly Accepted[], message: Accepted): boolean {
    return this.#parts.inbox.hasRoom(
      others.length + 1,
      others.reduce((sum, { tail }) => sum + tail.length, message.tail.length),
    );
  }

  /** A full inbox first loses what ran out, then what a classic client has read. */
  #makeRoom(now: number): void {
    const { inbox, backlog, notes } = this.#parts;
    inbox.sweep(now);
    if (notes.readSeq > 0) backlog.skipTo(notes.readSeq);
  }
}

export function isExpired({ expiresAt }: { expiresAt: number }, now: number): boolean {
  return expiresAt !== 0 && expiresAt <= now;
}
